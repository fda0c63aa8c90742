"""What an exported ONNX file says about itself, in its metadata property "headway".

The graph maps `images` (n, 3, size, size) float32 RGB in [0, 1] to `detections` (n, rows, 6) float32:
x_min, y_min, x_max, y_max in input pixels, score, class id; rows by falling score, unused rows all zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from headway.contracts.canonical import canonical_json
from headway.errors import InputError

KEY = "headway"
INPUT = "images"
OUTPUT = "detections"
NETWORK_OUTPUT = "raw"
"""What the network alone gives, before post-processing is added; never the name of a shipped output."""
SCHEMA_VERSION = 1
PADDING = 114
"""Grey level around a letterboxed image (`headway.detection.letterbox` holds to it)."""
Precision = Literal["fp32", "fp16", "int8"]
_HINT = "use a model.onnx that Headway exported: dvc repro export"


@dataclass(frozen=True)
class ModelFacts:
    """The facts that running the file needs; the exporter may write more.

    Attributes:
        classes: class names; the position is the class id.
        input_size: side of the square input, in pixels.
        precision: arithmetic of the network; inputs, outputs and post-processing are float32.
    """

    classes: tuple[str, ...]
    input_size: int
    precision: Precision


@dataclass(frozen=True)
class ExportFacts(ModelFacts):
    """Everything that the exporter bakes into the file and says about it; no date and no path.

    Attributes:
        score_floor: only scores above it are reported.
        iou: overlap above which the weaker of two boxes of a class is dropped; without effect when `end2end`.
        max_det: most rows an image.
        end2end: whether the network suppresses duplicates itself.
    """

    score_floor: float
    iou: float
    max_det: int
    end2end: bool

    def properties(self) -> dict[str, str]:
        """Return the file's metadata properties; `read_model_facts` reads them."""
        values = {
            "schema_version": SCHEMA_VERSION,
            "letterbox": {"pad": PADDING, "centered": True},
            "colour": "RGB",
            "scale": "1/255",
            **asdict(self),
        }
        return {KEY: canonical_json(values)}


def read_model_facts(properties: Mapping[str, str], file: str) -> ModelFacts:
    """Read the facts from an ONNX file's metadata properties; `file` names it in messages.

    Raises:
        InputError: the file was not exported by Headway, or by a version with another schema.
    """
    if KEY not in properties:
        raise InputError(f"{file} carries no {KEY!r} metadata: classes and input size are unknown", hint=_HINT)
    try:
        values = json.loads(properties[KEY])
        version, *facts = (values[key] for key in ("schema_version", "classes", "input_size", "precision"))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{file} carries damaged {KEY!r} metadata: {error!r}", hint=_HINT) from error
    if version != SCHEMA_VERSION:
        raise InputError(f"{file} has metadata of schema {version!r}, not {SCHEMA_VERSION}", hint=_HINT)
    classes, input_size, precision = facts
    if not (isinstance(classes, list) and classes and all(isinstance(name, str) for name in classes)):
        raise InputError(f"{file} names no classes in its metadata: {classes!r}", hint=_HINT)
    if not (isinstance(input_size, int) and input_size > 0):
        raise InputError(f"{file} has an impossible input size in its metadata: {input_size!r}", hint=_HINT)
    if precision not in get_args(Precision):
        raise InputError(f"{file} has an unknown precision in its metadata: {precision!r}", hint=_HINT)
    return ModelFacts(tuple(classes), input_size, precision)
