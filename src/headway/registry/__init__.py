"""Versions, stages and their history: decisions about what Git holds, as functions from values to values."""
