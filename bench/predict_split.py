"""Runs a clone's model over its test split, in turns with bare ONNX Runtime; prints JSON. Started by evaluation.py.

It is a process of its own because the headway that it measures is the clone's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import onnxruntime

from bench.timing import alternate, seconds_of
from headway.contracts.dataset import read_dataset
from headway.contracts.layout import PREPARED, ModelFiles
from headway.contracts.model_facts import INPUT
from headway.contracts.params.evaluate import EvaluateParams
from headway.detection.detections import Detections
from headway.detection.detector import prepare_batch
from headway.evaluation.predict import predict
from headway.integrations.machine import available_cores
from headway.integrations.onnxruntime import open_model
from headway.integrations.pillow.reading import read_image

Item = TypeVar("Item")

ROUNDS = 5


def main() -> None:
    """Measure both sides on the same images, model, batch size and threads."""
    dataset, file = read_dataset(PREPARED), ModelFiles("detector").onnx
    records, batch, threads = dataset.split("test"), EvaluateParams().batch, available_cores()
    model, session = open_model(file, threads=threads), open_bare(file, threads)
    images = [read_image(dataset.image_path(record)) for record in records]
    groups = [images[start : start + batch] for start in range(0, len(images), batch)]
    batches = [prepare_batch(group, model.input_size)[0] for group in groups]

    def ours() -> list[Detections]:
        return predict(
            model, records, lambda record: read_image(dataset.image_path(record)),
            batch=batch, progress=silent, label="",
        )  # fmt: skip

    def bare() -> None:
        for pixels in batches:
            session.run(None, {INPUT: pixels})

    found = ours()
    bare()
    seconds = alternate({"ours": lambda: seconds_of(ours), "bare": lambda: seconds_of(bare)}, ROUNDS)
    facts = {
        "images": len(records),
        "suffix": Path(records[0].file).suffix,
        "batch": batch,
        "threads": threads,
        "detections_per_image": sum(map(len, found)) / len(found),
    }
    print(json.dumps(seconds | facts))


def open_bare(file: Path, threads: int) -> onnxruntime.InferenceSession:
    """Load the model with ONNX Runtime's own settings, but for the threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def silent(items: Iterable[Item], *, label: str, total: int | None = None) -> Iterable[Item]:  # noqa: ARG001
    """Show no progress."""
    return items


if __name__ == "__main__":
    main()
