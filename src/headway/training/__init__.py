"""Splits and params -> weights that an interrupted run reaches too."""
