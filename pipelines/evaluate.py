"""Stage `evaluate`: data/prepared + models/<model>/model.onnx -> scorecard, evidence, plots, latency."""

from __future__ import annotations

import time
from itertools import islice

from headway.cli.progress import show_progress
from headway.cli.stage import run_stage
from headway.contracts import atomic
from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import read_dataset
from headway.contracts.layout import LATENCY, PLOTS, PREPARED, SCORECARD, ModelFiles
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.scorecard import write_document
from headway.evaluation.evaluate import evaluate
from headway.evaluation.evidence import write_evidence
from headway.evaluation.latency import measure
from headway.integrations.faster_coco_eval import FasterCocoEval
from headway.integrations.machine import available_cores, describe_hardware
from headway.integrations.onnxruntime import open_model
from headway.integrations.pillow.reading import read_image
from headway.integrations.pyarrow import ParquetStore

LATENCY_IMAGES = 16


def main(params: EvaluateParams, model: ModelFiles) -> None:
    dataset = read_dataset(PREPARED)
    threads = params.threads or available_cores()
    runtime = open_model(model.onnx, threads=threads)
    model_sha256 = sha256_file(model.onnx)
    result = evaluate(
        dataset,
        runtime,
        params,
        model_sha256=model_sha256,
        scorer=FasterCocoEval(),
        read_image=read_image,
        progress=show_progress,
    )
    images = [read_image(dataset.image_path(record)) for record in islice(dataset.split("test"), LATENCY_IMAGES)]
    latency = measure(
        runtime,
        images,
        model_sha256=model_sha256,
        runs=params.latency_runs,
        batch=params.batch,
        threads=threads,
        hardware=describe_hardware(),
        clock=time.perf_counter,
        progress=show_progress,
    )
    write_evidence(result.evidence, model.evidence, ParquetStore())
    with atomic.directory(PLOTS) as folder:
        for name, content in result.plots.items():
            (folder / name).write_text(content, encoding="utf-8")
    write_document(SCORECARD, result.scorecard)
    write_document(LATENCY, latency)


if __name__ == "__main__":
    run_stage("evaluate", EvaluateParams, main)
