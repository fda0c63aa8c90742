"""A real ONNX detector without weights: it boxes the red, the green and the blue blob of an image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import onnx
import onnx.parser

CLASSES = ("red", "green", "blue")
SIZE = 64

_GRAPH = """
<ir_version: 8, opset_import: ["" : 17]>
blobs (float[n, 3, {size}, {size}] images) => (float[n, 3, 6] detections)
<int64[1] two = {{2}}, float least = {{0.25}}, float unit = {{1}}, float[1, 3, 1] ids = {{0, 1, 2}}>
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
    all_ids = Mul(seen, ids)
    filled = Concat <axis = 2> (left, top, right, bottom, score, all_ids)
    detections = Mul(filled, seen)
}}
"""


def save_blob_detector(path: Path, *, size: int = SIZE, metadata: dict[str, Any] | None = None) -> Path:
    """Write the detector; `metadata` replaces what an exported file says about itself, `{}` leaves it out."""
    model = onnx.parser.parse_model(_GRAPH.format(size=size))
    onnx.checker.check_model(model)
    facts = {"schema_version": 1, "classes": list(CLASSES), "input_size": size, "precision": "fp32"}
    properties = {"headway": json.dumps(facts)} if metadata is None else metadata
    for key, value in properties.items():
        model.metadata_props.add(key=key, value=value)
    path.write_bytes(model.SerializeToString())
    return path
