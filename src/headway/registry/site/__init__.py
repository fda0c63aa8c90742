"""The registry as one static page: no script, no request, every text from the repository escaped by construction."""
