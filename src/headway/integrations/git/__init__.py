"""Git, one concern a module."""
