"""ONNX files: adds post-processing and facts to a network, and refuses files that cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import onnx
import onnx.parser
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto

from headway.contracts.model_facts import NETWORK_OUTPUT, ExportFacts
from headway.errors import InputError

MAX_SIZE_BYTES = 1 << 30
MAX_NODES = 50_000
OPSETS = range(11, 24)
"""Operator sets that the ONNX Runtime we pin runs, and that current exporters write."""

_STANDARD_DOMAINS = {"", "ai.onnx"}
_HINT = "use an ONNX file from a source you trust: one file, standard operators only (dvc repro export makes one)"

_SUPPRESS = """
<ir_version: {ir_version}, opset_import: ["": {opset}]>
suppress (float[batch, {channels}, {anchors}] raw) => (float[batch, {rows}, 6] detections) {{
  parts = Constant <value = int64[2] {{4, {classes}}}> ()
  boxes_by_channel, scores = Split <axis = 1> (raw, parts)
  boxes = Transpose <perm = [0, 2, 1]> (boxes_by_channel)

  most = Constant <value = int64[1] {{{max_det}}}> ()
  iou = Constant <value = float[1] {{{iou}}}> ()
  floor = Constant <value = float[1] {{{score_floor}}}> ()
  kept = NonMaxSuppression <center_point_box = 1> (boxes, scores, most, iou, floor)

  score_shape = Shape (scores)
  nothing = ConstantOfShape <value = float[1] {{0}}> (score_shape)
  kept_count = Shape <end = 1> (kept)
  ones = ConstantOfShape <value = float[1] {{1}}> (kept_count)
  mask = ScatterND (nothing, kept, ones)
  kept_scores = Mul (scores, mask)

  flat_shape = Constant <value = int64[2] {{0, {flat}}}> ()
  flat_scores = Reshape (kept_scores, flat_shape)
  rows = Constant <value = int64[1] {{{rows}}}> ()
  score, place = TopK <axis = 1> (flat_scores, rows)
  anchors = Constant <value = int64[1] {{{anchors}}}> ()
  class_id = Div (place, anchors)
  anchor = Mod (place, anchors)

  last = Constant <value = int64[1] {{2}}> ()
  anchor_column = Unsqueeze (anchor, last)
  chosen = GatherND <batch_dims = 1> (boxes, anchor_column)
  halves = Constant <value = int64[2] {{2, 2}}> ()
  centre, size = Split <axis = 2> (chosen, halves)
  half = Constant <value = float {{0.5}}> ()
  reach = Mul (size, half)
  low = Sub (centre, reach)
  high = Add (centre, reach)
  score_column = Unsqueeze (score, last)
  class_number = Cast <to = 1> (class_id)
  class_column = Unsqueeze (class_number, last)
  found = Concat <axis = 2> (low, high, score_column, class_column)

  zero = Constant <value = float {{0}}> ()
  used = Greater (score_column, zero)
  detections = Where (used, found, zero)
}}
"""
"""Non-maximum suppression of a whole batch, a class at a time.

NonMaxSuppression lists what it keeps as (image, class, anchor), the images of a batch one after another. The list
becomes a mask over all scores; the strongest `rows` scores that it leaves in an image are that image's rows.
"""

_FLOOR = """
<ir_version: {ir_version}, opset_import: ["": {opset}]>
floor (float[batch, {rows}, 6] raw) => (float[batch, {rows}, 6] detections) {{
  parts = Constant <value = int64[3] {{4, 1, 1}}> ()
  box, score, class_id = Split <axis = 2> (raw, parts)
  floor = Constant <value = float {{{score_floor}}}> ()
  used = Greater (score, floor)
  zero = Constant <value = float {{0}}> ()
  detections = Where (used, raw, zero)
}}
"""
"""An end-to-end network's rows come by falling score; those at the floor or below are emptied."""


@dataclass(frozen=True)
class CheckedFile:
    """What `check_model_file` learnt.

    Attributes:
        content: the bytes that were checked; use these, as the file may change.
        opset: version of the operator set.
        nodes: operators in all graphs.
        properties: metadata by key.
    """

    content: bytes
    opset: int
    nodes: int
    properties: Mapping[str, str]


def assemble(network: bytes, facts: ExportFacts) -> bytes:
    """Add post-processing and metadata to a network; equal arguments give equal bytes.

    Args:
        network: ONNX, from `images` to `raw` (see `contracts.model_facts`), static but for the batch.
        facts: limits to bake in, and what the file says about itself.
    """
    model = onnx.load_from_string(network)
    post = onnx.parser.parse_model(_post_processing(model, facts))
    for number, node in enumerate(post.graph.node):
        node.name = f"{post.graph.name}/{node.op_type}_{number}"
    model.graph.node.extend(post.graph.node)
    del model.graph.output[:]
    model.graph.output.extend(post.graph.output)
    _tidy(model)
    onnx.helper.set_model_props(model, facts.properties())
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _post_processing(model: ModelProto, facts: ExportFacts) -> str:
    """Return the text of the graph from `raw` to `detections`."""
    _, channels, anchors = _sides(model)
    common = {"ir_version": model.ir_version, "opset": _opset(model), "score_floor": facts.score_floor}
    if facts.end2end:
        return _FLOOR.format(rows=channels, **common)
    classes = channels - 4
    flat = classes * anchors
    sizes = {"channels": channels, "anchors": anchors, "classes": classes, "flat": flat}
    return _SUPPRESS.format(rows=min(facts.max_det, flat), max_det=facts.max_det, iou=facts.iou, **sizes, **common)


def _sides(model: ModelProto) -> tuple[int, int, int]:
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    (raw,) = (output for output in inferred.graph.output if output.name == NETWORK_OUTPUT)
    return tuple(side.dim_value for side in raw.type.tensor_type.shape.dim)


def _opset(model: ModelProto) -> int:
    return next(int(entry.version) for entry in model.opset_import if entry.domain in _STANDARD_DOMAINS)


def _tidy(model: ModelProto) -> None:
    """Remove what tools leave behind and nobody runs: notes, stale shapes, imports of unused domains."""
    opset = onnx.helper.make_opsetid("", _opset(model))
    del model.opset_import[:]
    model.opset_import.append(opset)
    del model.metadata_props[:]
    del model.graph.value_info[:]
    for described in (model, model.graph, *model.graph.node, *model.graph.initializer):
        described.ClearField("doc_string")
    for node in model.graph.node:
        del node.metadata_props[:]


def check_model_file(
    path: Path, *, max_size_bytes: int = MAX_SIZE_BYTES, max_nodes: int = MAX_NODES, opsets: range = OPSETS
) -> CheckedFile:
    """Check an ONNX file as input from a stranger, without running it or reading any other file.

    Raises:
        InputError: it is missing, too large, no ONNX model, or reaches outside itself: external data,
            operators or functions beyond the standard, operator sets out of range.
        OSError: it cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path} is no file", hint="name an ONNX file; dvc repro export makes one")
    if (size_bytes := path.stat().st_size) > max_size_bytes:
        raise _refusal(path, f"has {size_bytes:,} bytes, more than the {max_size_bytes:,} allowed")
    content = path.read_bytes()
    model = _parse(path, content)
    opset = _check_operator_sets(path, model, opsets)
    nodes = 0
    for graph in _graphs(model.graph):
        nodes += len(graph.node)
        if nodes > max_nodes:
            raise _refusal(path, f"has more than {max_nodes:,} nodes")
        _check_nodes(path, graph)
        _check_tensors(path, graph)
    try:
        onnx.checker.check_model(content)
    except (onnx.checker.ValidationError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)  # the checker may give an empty one
        raise _refusal(path, f"is no valid ONNX model: {reason}") from error
    return CheckedFile(content, opset, nodes, {entry.key: entry.value for entry in model.metadata_props})


def _refusal(path: Path, reason: str) -> InputError:
    return InputError(f"{path} {reason}", hint=_HINT)


def _parse(path: Path, content: bytes) -> ModelProto:
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise _refusal(path, "is no ONNX model: damaged, cut off, or another kind of file") from error
    if not model.graph.node or not model.opset_import:
        raise _refusal(path, "is no ONNX model: it holds no graph")
    return model


def _check_operator_sets(path: Path, model: ModelProto, opsets: range) -> int:
    foreign = sorted({entry.domain for entry in model.opset_import} - _STANDARD_DOMAINS)
    if foreign:
        raise _refusal(path, f"needs operators beyond the standard: domain {foreign[0]!r}")
    if model.functions:
        raise _refusal(path, f"defines operators of its own, such as {model.functions[0].name!r}")
    if model.training_info:
        raise _refusal(path, "carries training graphs")
    opset = _opset(model)
    if opset not in opsets:
        raise _refusal(path, f"uses operator set {opset}, outside {opsets.start} to {opsets.stop - 1}")
    return opset


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """Yield a graph and every graph inside its nodes (If, Loop, Scan)."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _graphs(inner)


def _check_nodes(path: Path, graph: GraphProto) -> None:
    for node in graph.node:
        if node.domain not in _STANDARD_DOMAINS:
            raise _refusal(path, f"needs operators beyond the standard: {node.domain}.{node.op_type}")


def _check_tensors(path: Path, graph: GraphProto) -> None:
    for tensor in _tensors(graph):
        if tensor.external_data or tensor.data_location == TensorProto.EXTERNAL:
            where = {entry.key: entry.value for entry in tensor.external_data}.get("location", "another file")
            raise _refusal(path, f"keeps tensor {tensor.name!r} outside itself, in {where!r}")


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Yield every tensor of a graph: its weights, and the constants in its nodes."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from _attribute_tensors(attribute)


def _attribute_tensors(attribute: AttributeProto) -> Iterator[TensorProto]:
    yield from (attribute.t, *attribute.tensors)
    for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
        yield from (sparse.values, sparse.indices)
