"""Headway: Git-driven training, judging and shipping of YOLO models."""

__version__ = "0.1.0"
