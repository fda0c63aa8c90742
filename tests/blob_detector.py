"""A real ONNX detector without weights: it boxes the red, the green and the blue blob of an image."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import onnx.parser

CLASSES = ("red", "green", "blue")
SIZE = 64

_GRAPH = """
<ir_version: 8, opset_import: ["" : 17]>
blobs (float[n, 3, {size}, {size}] images) => (float[n, 3, 6] detections)
<int64[1] two = {{2}}, float least = {{{least}}}, float unit = {{1}}, float off = {{{shift}}},
 float[1, 3, 1] ids = {{{ids}}}, float[1, 3, 1] known = {{{known}}}>
{{
    r, g, b = Split <axis = 1> (images)
    gb = Max(g, b)
    rb = Max(r, b)
    rg = Max(r, g)
    red = Sub(r, gb)
    green = Sub(g, rb)
    blue = Sub(b, rg)
    excess = Concat <axis = 1> (red, green, blue)
    inside = Greater(excess, least)
    mask = Cast <to = 1> (inside)
    columns = ReduceMax <axes = [2], keepdims = 0> (mask)
    rows = ReduceMax <axes = [3], keepdims = 0> (mask)
    seen = ReduceMax <axes = [2], keepdims = 1> (columns)
    left_int = ArgMax <axis = 2, keepdims = 1> (columns)
    top_int = ArgMax <axis = 2, keepdims = 1> (rows)
    right_int = ArgMax <axis = 2, keepdims = 1, select_last_index = 1> (columns)
    bottom_int = ArgMax <axis = 2, keepdims = 1, select_last_index = 1> (rows)
    left = Cast <to = 1> (left_int)
    top = Cast <to = 1> (top_int)
    right_last = Cast <to = 1> (right_int)
    bottom_last = Cast <to = 1> (bottom_int)
    right = Add(right_last, unit)
    bottom = Add(bottom_last, unit)
    strongest = ReduceMax <axes = [2, 3], keepdims = 0> (excess)
    score = Unsqueeze(strongest, two)
    shifted_left = Add(left, off)
    shifted_right = Add(right, off)
    used = Mul(seen, known)
    all_ids = Mul(used, ids)
    filled = Concat <axis = 2> (shifted_left, top, shifted_right, bottom, score, all_ids)
    detections = Mul(filled, used)
}}
"""


def save_blob_detector(
    path: Path,
    *,
    size: int = SIZE,
    metadata: dict[str, Any] | None = None,
    classes: Sequence[str] = CLASSES,
    least: float = 0.25,
    shift: float = 0.0,
) -> Path:
    """Write the detector.

    Args:
        path: file to write.
        size: side of the square input, in pixels.
        metadata: replaces what an exported file says about itself; `{}` leaves it out.
        classes: colours that it knows, in the order of their ids.
        least: excess of a colour from which it is seen; a higher one finds less.
        shift: input pixels by which every box lies too far to the right.
    """
    ids = ", ".join(str(classes.index(name)) if name in classes else "0" for name in CLASSES)
    known = ", ".join(str(int(name in classes)) for name in CLASSES)
    model = onnx.parser.parse_model(_GRAPH.format(size=size, least=least, shift=float(shift), ids=ids, known=known))
    onnx.checker.check_model(model)
    facts = {"schema_version": 1, "classes": list(classes), "input_size": size, "precision": "fp32"}
    properties = {"headway": json.dumps(facts)} if metadata is None else metadata
    for key, value in properties.items():
        model.metadata_props.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())
    return path
