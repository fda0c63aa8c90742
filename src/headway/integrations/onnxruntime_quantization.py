"""ONNX Runtime's converters: a network in half precision, or in 8-bit integers.

Both take and give the network alone (see `contracts.model_facts`), before
post-processing is added, which therefore stays in float32.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel

from headway.contracts.model_facts import INPUT, NETWORK_OUTPUT

_WEIGHTED = ["Conv", "MatMul", "Gemm"]
_DFL = "/dfl/"
"""Marks the head's fixed convolution, which decodes a distribution over distances (Ultralytics' module name)."""


def to_fp16(network: bytes) -> bytes:
    """Return the network with float16 arithmetic; input, output and the decoding of boxes stay float32.

    Pixels above 1024 are a whole pixel apart in float16, hence the decoding.
    """
    model = convert_float_to_float16(
        onnx.load_from_string(network),
        keep_io_types=True,
        node_block_list=_decoding(onnx.load_from_string(network)),
    )
    OnnxModel.graph_topological_sort(model.graph, is_deterministic=True)  # the converter appends its casts
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def to_int8(network: bytes, calibration: Iterable[NDArray[np.float32]]) -> bytes:
    """Return the network with 8-bit convolutions (QDQ, weights per channel); the whole head stays float32.

    Activations are unsigned with a zero point: on x86 twice as fast as symmetric ones, and closer to float32.
    Processors older than VNNI may saturate where two products are summed in 16 bits.

    Args:
        network: ONNX bytes.
        calibration: inputs (n, 3, size, size) whose extremes become the ranges of the activations.
    """
    model = onnx.load_from_string(network)
    head = _head(model)
    with TemporaryDirectory() as folder, _without_advice():
        target = Path(folder) / "int8.onnx"
        quantize_static(
            model,
            target,
            _Inputs(calibration),
            op_types_to_quantize=_WEIGHTED,
            nodes_to_exclude=[node.name for node in model.graph.node if node.name.startswith(head)],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return target.read_bytes()


class _Inputs(CalibrationDataReader):  # type: ignore[misc]
    """Feeds batches to ONNX Runtime's calibration."""

    def __init__(self, batches: Iterable[NDArray[np.float32]]) -> None:
        self._batches = iter(batches)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}


def _head(model: ModelProto) -> str:
    """Return the prefix of the names of the head's nodes: "/model.23/" where the last node is "/model.23/Concat_9"."""
    last = next(node for node in model.graph.node if NETWORK_OUTPUT in node.output)
    return f"/{last.name.split('/')[1]}/"


def _decoding(model: ModelProto) -> list[str]:
    """Return the names of the nodes behind the last learnt convolutions: they turn features into boxes and scores."""
    needed: set[str] = set()
    names = []
    for node in reversed(model.graph.node):
        if _is_learnt(node) or needed.intersection(node.output):
            needed.update(node.input)
        else:
            names.append(node.name)
    return names


def _is_learnt(node: NodeProto) -> bool:
    return node.op_type == "Conv" and _DFL not in node.name


@contextmanager
def _without_advice() -> Iterator[None]:
    """Silence the quantizer's advice to pre-process: it goes to the root logger."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(disabled)
