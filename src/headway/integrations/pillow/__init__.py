"""Pillow: reads images, looks at their bytes, draws on them."""
