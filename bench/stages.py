"""Whole stages: train and export against the bare Ultralytics calls, the others as seconds of their own."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.scratch import ROOT, WORK, Clone
from bench.timing import Measure, alone, alternate, compare, say

EPOCHS = 4
ROUNDS = 3
GOAL = 1.10

_WEIGHTS = "models/detector/weights.pt"
_CONFIG = WORK / "ultralytics"
_TRAIN_NOTE = (
    f"{EPOCHS} epochs, whole processes. Ours alone: FP32 resume state on disk after every epoch, seeds and an empty "
    "mosaic buffer at every epoch, provenance. Bare alone: progress bars, and one more validation, of best.pt, at the "
    "end"
)
_EXPORT_NOTE = (
    "whole processes. Ours alone: batched NMS in the graph, the check of the file, 35 timed runs, parity with the "
    "checkpoint on {images} val images, {parity_s:.1f} s of it. Bare alone: simplification by onnxslim"
)


def finish_pipeline(clone: Clone) -> None:
    """Run the pipeline in the clone with few epochs, mosaics in all but the last."""
    clone.edit("params.yaml", "train", epochs=EPOCHS, close_mosaic=1)
    say(f"running the pipeline once, {EPOCHS} epochs ...")
    clone.run("headway", "repro")
    _quiet_ultralytics(clone)


def measure_no_op(clone: Clone) -> list[Measure]:
    """Measure runs of a pipeline with nothing to do; it must be as `finish_pipeline` left it."""
    say("runs with nothing to do ...")
    sides = {name: partial(clone.seconds, name, "repro") for name in ("dvc", "headway")}
    seconds = alternate(sides, ROUNDS)
    return [alone(f"{name} repro, nothing to do", seconds[name]) for name in sides]


def measure_other_stages(clone: Clone) -> list[Measure]:
    """Measure the stages that have no bare counterpart, one run of each."""
    say("prepare, evaluate, package ...")
    stages = ("prepare", "evaluate", "package")
    seconds = alternate({name: partial(clone.seconds, "python", f"pipelines/{name}.py") for name in stages}, 1)
    return [alone(f"{name} stage", seconds[name], note="whole process, one run") for name in stages]


def measure_train(clone: Clone) -> list[Measure]:
    """Measure the train stage against Ultralytics as it comes, and against it doing as much on as many threads."""
    our_threads = int(json.loads((clone.root / "reports" / "provenance.json").read_text())["threads"])
    show = "from ultralytics.utils import NUM_THREADS; print(NUM_THREADS)"
    bare_threads = int(clone.run("python", "-c", show, YOLO_CONFIG_DIR=str(_CONFIG)))
    say(f"train stage on {our_threads} threads, bare training on {bare_threads} ...")
    after_last_epoch: dict[int, list[float]] = {our_threads: [], bare_threads: []}

    def ours() -> float:
        shutil.rmtree(clone.root / ".headway" / "checkpoints", ignore_errors=True)
        return clone.seconds("python", "pipelines/train.py")

    def bare(threads: int) -> float:
        seconds, after = _train_bare(clone, threads)
        after_last_epoch[threads].append(after)
        return seconds

    # Two sides where both use as many threads, else three.
    bare_sides = {threads: f"bare, {threads} threads" for threads in (bare_threads, our_threads)}
    seconds = alternate({"ours": ours} | {name: partial(bare, threads) for threads, name in bare_sides.items()}, ROUNDS)
    as_it_comes, equal = seconds[bare_sides[bare_threads]], seconds[bare_sides[our_threads]]
    shortened = [total - after for total, after in zip(equal, after_last_epoch[our_threads], strict=True)]
    rows = [("train stage", as_it_comes, f"{_TRAIN_NOTE}. Threads: ours {our_threads}, bare {bare_threads}")]
    if our_threads != bare_threads:
        rows.append(("train stage, equal threads", equal, f"{our_threads} each; else as above"))
    rows.append(("train stage, no last validation", shortened, "as above, less what bare does after its last epoch"))
    return [_versus(name, seconds["ours"], bare_seconds, note) for name, bare_seconds, note in rows]


def measure_export(clone: Clone) -> list[Measure]:
    """Measure the export stage against Ultralytics' export, with all its parity images and with one."""
    say("export stage and bare export ...")
    weights = WORK / "bare" / "weights.pt"
    weights.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(clone.root / _WEIGHTS, weights)
    image_size = str(clone.params("train")["imgsz"])
    images = 32

    def ours(count: int) -> float:
        clone.edit("params.yaml", "export", parity={"images": count})
        return clone.seconds("python", "pipelines/export.py")

    def bare() -> float:
        return _bare_seconds(clone, "bare_export.py", str(weights), image_size)

    seconds = alternate({"ours": partial(ours, images), "bare": bare, "ours, one image": partial(ours, 1)}, ROUNDS)
    whole, short = seconds["ours"], seconds["ours, one image"]
    parity_s = statistics.median(with_all - with_one for with_all, with_one in zip(whole, short, strict=True))
    note = _EXPORT_NOTE.format(images=images, parity_s=parity_s)
    return [
        _versus("export stage", whole, seconds["bare"], note),
        _versus("export stage, parity on one image", short, seconds["bare"], "else as above"),
    ]


def _versus(name: str, ours: Sequence[float], bare: Sequence[float], note: str) -> Measure:
    return compare(name, ours, bare, goal=GOAL, note=note)


def _train_bare(clone: Clone, threads: int) -> tuple[float, float]:
    """Train with the clone's params; return the process's seconds, and those of them after the last epoch."""
    folder = WORK / "bare"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    arguments, times = folder / "arguments.json", folder / "times.json"
    data = clone.root / "data" / "prepared" / "data.yaml"
    values = clone.params("train") | {"data": str(data), "project": str(folder), "name": "run", "plots": False}
    arguments.write_text(json.dumps(values))
    seconds = _bare_seconds(clone, "bare_train.py", str(arguments), str(times), str(threads))
    return seconds, float(json.loads(times.read_text())["after_last_epoch_s"])


def _bare_seconds(clone: Clone, script: str, *arguments: str) -> float:
    path: Path = ROOT / "bench" / script
    return clone.seconds("python", str(path), *arguments, YOLO_CONFIG_DIR=str(_CONFIG))


def _quiet_ultralytics(clone: Clone) -> None:
    """Give the bare side a settings folder of its own: trackers off, and a font in place of the one it would fetch."""
    trackers = ("clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
    off = dict.fromkeys((*trackers, "sync"), False)
    _CONFIG.mkdir(parents=True)
    clone.run("python", "-c", f"from ultralytics import settings; settings.update({off})", YOLO_CONFIG_DIR=str(_CONFIG))
    (_CONFIG / "Arial.ttf").touch()
