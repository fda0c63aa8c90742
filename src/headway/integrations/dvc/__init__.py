"""DVC, one concern a module."""
