"""Ultralytics, kept quiet and made resumable; training side only."""
