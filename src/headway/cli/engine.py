"""`headway engine`: TensorRT plans for the GPU of this machine."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import asdict
from pathlib import Path

import click

from headway.contracts.canonical import readable_json
from headway.contracts.engine_plan import GpuStack, PlanRecord


@click.group()
def engine() -> None:
    """Build a TensorRT plan for this machine's GPU, or check one."""


@engine.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Default: MODEL with the suffix .plan.")
@click.option("--max-batch", type=click.IntRange(min=1), default=8, show_default=True, help="Images per call.")
@click.option("--json", "as_json", is_flag=True, help="Print record and figures as JSON.")
def build(model: Path, output: Path | None, max_batch: int, as_json: bool) -> None:
    """Check the ONNX file MODEL as a stranger's, then build a plan of it for this GPU and run both.

    Prints how far the scores of one batch differ from ONNX Runtime's, and how long a batch takes.
    """
    from headway.contracts.model_facts import read_model_facts
    from headway.errors import InputError
    from headway.integrations.onnx import check_model_file
    from headway.integrations.onnxruntime import open_model
    from headway.integrations.tensorrt import TensorRTPlan, build_plan
    from headway.packaging.engine import measure_plan, write_plan

    checked = check_model_file(model)
    facts = read_model_facts(checked.properties, str(model))
    if facts.precision == "int8":
        raise InputError(
            f"{model} is an int8 file for processors: TensorRT takes no zero point other than 0",
            hint="export with precision fp16 or fp32: params.yaml, then dvc repro export",
        )
    here = _find_gpu()
    plan = build_plan(checked.content, file=str(model), input_size=facts.input_size, max_batch=max_batch)
    record = PlanRecord(
        onnx_sha256=hashlib.sha256(checked.content).hexdigest(),
        plan_sha256=hashlib.sha256(plan).hexdigest(),
        precision=facts.precision,
        input_size=facts.input_size,
        max_batch=max_batch,
        built_on=here,
    )
    measured = measure_plan(
        TensorRTPlan(plan).run,
        open_model(model).run,
        input_size=facts.input_size,
        images=max_batch,
        clock=time.perf_counter,
    )
    target = output or model.with_suffix(".plan")
    write_plan(target, plan, record)
    if as_json:
        click.echo(readable_json(record.model_dump() | {"measured": asdict(measured)}), nl=False)
        return
    click.echo(f"{target}: for {_described(here)}")
    click.echo(
        f"{measured.images} images: {measured.plan_median_ms:.2f} ms, ONNX Runtime on the processor "
        f"{measured.onnx_median_ms:.2f} ms; scores of {measured.boxes} boxes differ by at most "
        f"{measured.score_difference_max:.4f}"
    )


@engine.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the plan's record as JSON.")
def verify(plan: Path, as_json: bool) -> None:
    """Tell whether PLAN is intact and was built for this machine, without loading it."""
    from headway.packaging.engine import read_plan

    _, record = read_plan(plan, _find_gpu())
    text = readable_json(record.model_dump()) if as_json else f"{plan}: for {_described(record.built_on)}"
    click.echo(text, nl=not as_json)


def _find_gpu() -> GpuStack:
    """Return the GPU that CUDA gives this process first."""
    from headway.integrations.tensorrt import find_gpu

    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # so that CUDA counts as nvidia-smi does
    return find_gpu(os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0] or "0")


def _described(stack: GpuStack) -> str:
    return f"{stack.gpu} ({stack.compute_capability}), driver {stack.driver}, TensorRT {stack.tensorrt}"
