"""One outside program or library a module, named after it."""
