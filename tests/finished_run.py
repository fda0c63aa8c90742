"""A repository in which the pipeline has run: the files that track and summary read, small and written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from headway.contracts.canonical import md5_file, readable_json
from headway.contracts.scorecard import (
    AtThreshold,
    Calibration,
    ClassScore,
    LatencyReport,
    LatencyStats,
    Quality,
    Scorecard,
    Slice,
)

PARAMS = {
    "model": "detector",
    "prepare": {"source": "data/shelves.yaml"},
    "train": {"epochs": 2, "lr0": 0.002, "freeze": None, "scale": [0.5, 1.5]},
}
EPOCHS = "epoch,train/box_loss,metrics/mAP50(B)\n1,1.5,0.25\n2,1.25,\n"
IDENTITY = "b" * 64
DATASET_DIGEST = "d" * 64


def write_finished_run(root: Path) -> None:
    """Write params, reports, plots, manifest and bundle below `root`, and the dvc.lock that vouches for them."""
    write(root / "params.yaml", yaml.safe_dump(PARAMS))
    write(root / "reports/dataset.json", readable_json({"digest": DATASET_DIGEST, "classes": ["can"]}))
    write(root / "reports/training.json", readable_json({"best_epoch": 1}))
    write(root / "reports/epochs.csv", EPOCHS)
    write(root / "reports/parity.json", readable_json({"matched": 1.0}))
    write(root / "reports/scorecard.json", scorecard().model_dump_json())
    write(root / "reports/latency.json", latency().model_dump_json())
    write(root / "reports/plots/confusion.csv", "true,found\ncan,can\n")
    write(root / "models/detector/manifest.json", readable_json({"identity": IDENTITY}))
    write(root / "models/detector/bundle/card.md", "# detector\n")
    write(root / "models/detector/bundle/plots/reliability.png", "not looked into")
    write(root / "models/detector/bundle/model.onnx", "too large for a tracker")
    write_lock(root)


def write_lock(root: Path) -> None:
    """Write the dvc.lock of what lies below `root`."""
    params = {name: values for name, values in PARAMS.items() if name != "model"}
    reports = sorted(path for path in (root / "reports").glob("*.*"))
    outs = [{"path": path.relative_to(root).as_posix(), "hash": "md5", "md5": md5_file(path)} for path in reports]
    stages = {"all": {"cmd": "python pipelines/all.py", "params": {"params.yaml": params}, "outs": outs}}
    write(root / "dvc.lock", yaml.safe_dump({"schema": "2.0", "stages": stages}))


def write(path: Path, text: str) -> None:
    """Write `text`, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def scorecard(**changes: Any) -> Scorecard:
    """Return a scorecard of two classes, one of which occurs nowhere."""
    values = {
        "model_sha256": "a" * 64,
        "dataset_digest": DATASET_DIGEST,
        "classes": ("can", "box/large"),
        "input_size": 160,
        "coco_engine": "faster-coco-eval 1.8.2",
        "inference_engine": "onnxruntime 1.27.0",
        "quality": quality(0.5123, 0.8611),
        "operating_point": at_threshold(24, 4, 6),
        "threshold_source": "best F1 on val",
        "per_class": (
            ClassScore(name="can", boxes=30, map50_95=0.5123, map50=0.8611, at_threshold=at_threshold(24, 4, 6)),
            ClassScore(name="box/large", boxes=0, map50_95=None, map50=None, at_threshold=at_threshold(0, 0, 0)),
        ),
        "confusion": ((24, 0, 6), (0, 0, 0), (4, 0, 0)),
        "calibration": Calibration(expected_calibration_error=0.0432, bins=()),
        "slices": (
            Slice(corruption="dark", strength=1, quality=quality(0.5, 0.85), relative_map50_95=0.976),
            Slice(corruption="dark", strength=2, quality=quality(0.25, 0.5), relative_map50_95=0.488),
            Slice(corruption="noise", strength=1, quality=quality(None, None), relative_map50_95=None),
        ),
    }
    return Scorecard.model_validate({**values, **changes})


def latency() -> LatencyReport:
    """Return a latency report of a processor with a long name."""
    return LatencyReport(
        model_sha256="a" * 64,
        latency=LatencyStats(p50_ms=12.14, p95_ms=13.2, p99_ms=15.25, runs=200),
        throughput_images_per_second=95.26,
        throughput_batch=8,
        hardware="AMD EPYC 7763 64-Core Processor, 2 of 128 cores",
        threads=2,
        engine="onnxruntime 1.27.0 on CPUExecutionProvider",
    )


def quality(map50_95: float | None, map50: float | None) -> Quality:
    """Return COCO numbers without small objects."""
    return Quality(
        images=12,
        boxes=30,
        map50_95=map50_95,
        map50=map50,
        map75=0.5501,
        map_small=None,
        map_medium=0.4,
        map_large=0.6,
        recall_100=0.61,
    )


def at_threshold(true_positives: int, false_positives: int, false_negatives: int) -> AtThreshold:
    """Return rates at confidence 0.312, as the evaluate stage would count them."""
    found, present = true_positives + false_positives, true_positives + false_negatives
    return AtThreshold(
        threshold=0.312,
        iou=0.5,
        true_positives=true_positives,
        false_positives=false_positives,
        false_negatives=false_negatives,
        precision=true_positives / found if found else None,
        recall=true_positives / present if present else None,
        f1=2 * true_positives / (found + present) if found else None,
    )


def read_json(path: Path) -> Any:
    """Parse the JSON in `path`."""
    return json.loads(path.read_text(encoding="utf-8"))
