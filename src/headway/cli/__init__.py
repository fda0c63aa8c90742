"""Command line and stage entry point: the only printer and the only reader of environment settings."""
