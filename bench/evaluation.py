"""Evaluation of the clean split, without scoring, against bare ONNX Runtime on decoded images."""

from __future__ import annotations

import json
import shutil

from bench.scratch import ROOT, Clone, clone_repository
from bench.timing import Measure, compare, say

GOAL = 1.3
IMAGE_SIZE = 640
_SCENE = {"size": [640, 480], "images": {"train": 8, "val": 8, "test": 64}}


def measure_evaluation(trained: Clone) -> list[Measure]:
    """Measure it on pictures of a natural size, with the model of a clone in which the pipeline has run."""
    say(f"evaluation at {IMAGE_SIZE} px ...")
    clone = clone_repository("evaluation")
    clone.edit("data/shelves.yaml", "scene", **_SCENE)
    clone.edit("params.yaml", "export", imgsz=IMAGE_SIZE, parity={"images": 1})
    clone.run("python", "pipelines/prepare.py")
    shutil.copy2(trained.root / "models/detector/weights.pt", clone.root / "models/detector/weights.pt")
    clone.run("python", "pipelines/export.py")
    answer = json.loads(clone.run("python", str(ROOT / "bench" / "predict_split.py")).splitlines()[-1])
    note = (
        "Ours: decode, letterbox, inference, detections. Bare: inference of the same batches, decoded and letterboxed "
        f"beforehand, in a session with default settings. Both: {answer['images']} {answer['suffix']} files of "
        f"640 x 480, batch {answer['batch']}, {answer['threads']} threads, "
        f"{answer['detections_per_image']:.0f} detections an image"
    )
    return [compare(f"evaluation at {IMAGE_SIZE} px", answer["ours"], answer["bare"], goal=GOAL, note=note)]
