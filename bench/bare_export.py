"""The other side of the export stage: Ultralytics' own call.

usage: bare_export.py WEIGHTS.pt IMAGE_SIZE
"""

from __future__ import annotations

import sys

from ultralytics import YOLO


def main(weights: str, image_size: str) -> None:
    """Write an ONNX file beside the weights."""
    YOLO(weights).export(format="onnx", dynamic=True, imgsz=int(image_size))


if __name__ == "__main__":
    main(*sys.argv[1:])
