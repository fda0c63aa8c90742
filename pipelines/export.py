"""Stage `export`: weights + data/prepared -> models/<model>/model.onnx, its parity with the weights, its speed."""

from __future__ import annotations

import time
from pathlib import Path

from headway.cli.progress import say, show_progress
from headway.cli.stage import run_stage
from headway.contracts import atomic
from headway.contracts.canonical import readable_json
from headway.contracts.dataset import read_dataset
from headway.contracts.layout import EXPORT_SPEED, PARITY_REPORT, PREPARED, STATE, ModelFiles, real_root
from headway.contracts.params.export import ExportParams
from headway.integrations.machine import describe_hardware
from headway.integrations.onnx import assemble, check_model_file
from headway.integrations.onnxruntime import open_model
from headway.integrations.onnxruntime_quantization import to_fp16, to_int8
from headway.integrations.pillow.reading import read_image
from headway.integrations.ultralytics.quiet import silence
from headway.packaging.export import ExportTools, export_model
from headway.packaging.parity import find_gaps


def main(params: ExportParams, model: ModelFiles) -> None:
    silence(real_root(Path.cwd()) / STATE)
    from headway.integrations.ultralytics.checkpoint import load_checkpoint

    tools = ExportTools(
        assemble=assemble,
        to_fp16=to_fp16,
        to_int8=to_int8,
        check_file=check_model_file,
        open_model=open_model,
        read_image=read_image,
        clock=time.perf_counter,
        hardware=describe_hardware(),
    )
    export = export_model(load_checkpoint(model.weights), read_dataset(PREPARED), params, tools, show_progress)
    for gap in find_gaps(export.parity):
        say(gap)
    atomic.write_bytes(model.onnx, export.content)
    atomic.write_text(PARITY_REPORT, readable_json(export.parity.model_dump()))
    atomic.write_text(EXPORT_SPEED, readable_json(export.speed.model_dump()))


if __name__ == "__main__":
    run_stage("export", ExportParams, main)
