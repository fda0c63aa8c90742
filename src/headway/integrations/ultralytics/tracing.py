"""From a detector's weights to its network as ONNX, before any post-processing of ours."""

from __future__ import annotations

import io
import warnings
from copy import deepcopy

import torch
from ultralytics.nn.tasks import DetectionModel

from headway.contracts.model_facts import INPUT, NETWORK_OUTPUT, ExportFacts

_TRACED_BATCH = 2
"""Two, so that nothing in the trace can take the batch for a constant 1 and broadcast it."""


def trace_network(model: DetectionModel, facts: ExportFacts, opset: int) -> bytes:
    """Return the fused network as ONNX bytes: only the batch is dynamic, nothing is suppressed yet.

    The output (`NETWORK_OUTPUT`) is what the head itself gives: (n, 4 + classes, anchors) centre, size and class
    scores; or, end to end, (n, min(max_det, anchors), 6) rows as in `contracts.model_facts`.
    Ultralytics' `nms=True` is not used: its graph unrolls the traced batch, and later images come back as zeros.
    """
    network = fused(model, facts)
    images = torch.zeros(_TRACED_BATCH, 3, facts.input_size, facts.input_size)
    content = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracer warns of Python branches on shapes, all of them fixed here
        network(images)  # the head makes its anchors on first sight of a shape; after that they trace as constants
        torch.onnx.export(
            network,
            (images,),
            content,
            opset_version=opset,
            input_names=[INPUT],
            output_names=[NETWORK_OUTPUT],
            dynamic_axes={INPUT: {0: "batch"}, NETWORK_OUTPUT: {0: "batch"}},
            dynamo=False,
        )
    return content.getvalue()


def fused(model: DetectionModel, facts: ExportFacts) -> DetectionModel:
    """Return a copy with batch normalisation folded in and only the head that `facts` names, ready for inference."""
    network = deepcopy(model).float().eval()
    network.requires_grad_(False)
    network.end2end = facts.end2end
    network.fuse(verbose=False)
    head = network.model[-1]
    head.export, head.shape, head.max_det = True, None, facts.max_det
    return network
