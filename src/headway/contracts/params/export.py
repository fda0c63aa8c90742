"""The `export` section: precision and limits of the ONNX file, and how far it may stray from the checkpoint."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headway.contracts.params.document import Section

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class ParityParams(Section):
    """How far the exported file may stray from the checkpoint on real images.

    An empty tolerance takes the precision's own default (`headway.packaging.parity`).
    """

    images: Annotated[int, Field(ge=1)] = 32
    """Images of the val split that both are run on."""
    matched_boxes: Fraction | None = None
    """Least share of boxes (score above 0.25; or the 20 best an image) with a partner: same class, IoU 0.9."""
    score_difference: Annotated[float, Field(ge=0.0)] | None = None
    """Greatest difference of score between partners (99th percentile)."""
    map_difference: Annotated[float, Field(ge=0.0)] | None = None
    """Greatest drop of mAP50-95 on those images."""


class ExportParams(Section):
    """What the ONNX file is made of."""

    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    """Arithmetic of the network; the file's inputs and outputs stay float32."""
    imgsz: Annotated[int, Field(ge=32, multiple_of=32)] | None = None
    """Side of the square input, in pixels; empty takes the training size."""
    opset: Annotated[int, Field(ge=17, le=20)] = 20
    """ONNX operator set; 20 is the newest that torch's tracer writes."""
    score_floor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.001
    """Lowest score reported: low, since scoring needs the whole curve; the threshold in use comes later."""
    iou: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.7
    """IoU above which the weaker of two boxes of a class is dropped (models without built-in suppression)."""
    max_det: Annotated[int, Field(ge=1, le=10_000)] = 300
    """Rows per image in the output."""
    calibration_images: Annotated[int, Field(ge=1)] = 64
    """Images of the train split that INT8 ranges are learnt from."""
    parity: ParityParams = ParityParams()
    """Tolerances between checkpoint and exported file."""
