"""The file that ships -> scorecard with per-image evidence."""
