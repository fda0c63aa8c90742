"""Data sets: reading and checking labels, looking at images, growing, and looking again; against what others take.

Every side is a process of its own that times its work without its imports, on files just written, so still in memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.data_files import BOXES, write_data_yaml, write_dataset
from bench.scratch import ROOT, WORK, Clone
from bench.timing import Measure, alone, alternate, compare, say

IMAGES = int(os.environ.get("BENCH_DATA_IMAGES", "20000"))
"""A smaller number tries the bench itself; every other size shrinks with it."""
PART = IMAGES // 2
STEPS = (2 * PART, 5 * PART, 10 * PART)
"""Sizes of the growing set: 20,000, 50,000 and 100,000."""
HASHES = 5 * PART
ADDED = max(1, IMAGES // 200)
OTHERS = ("datumaro==1.13.12", "globox==2.9.0")
ROUNDS = 3

FASTER_GOAL = 1.0
PIXELS_GOAL = 1.5
LINEAR_GOAL = 1.1
GROUP_GOAL_S = 10.0

_SIZE = (640, 480)  # as most photos of COCO
_TINY = (64, 48)
_SET = WORK / "data"
_GROWING = WORK / "data-growing"
_WHOLE = "images, labels, boxes, copies, groups, splits, leaks and classes as `headway data check` looks at them"

Answer = dict[str, Any]
Side = Callable[[], Answer]


def measure_data(clone: Clone) -> list[Measure]:
    """Measure them all."""
    say(f"drawing {IMAGES} images ...")
    write_dataset(_SET, ["train"], IMAGES, _SIZE)
    write_data_yaml(_SET / "data.yaml", ["train"])
    return [
        *_measure_labels(clone),
        _measure_headers(clone),
        _measure_pixels(clone),
        _measure_second_look(clone),  # it adds images: after what others count
        *_measure_growth(clone),
        _measure_groups(clone),
    ]


def _measure_labels(clone: Clone) -> list[Measure]:
    """Compare reading alone and reading with checking; nothing where the others cannot be installed."""
    python = _install_others()
    if python is None:
        return []
    say("labels ...")
    answers = _take_turns(
        {
            "read": partial(_ours, clone, "read", _SET),
            "globox": partial(_other, clone, str(python), "globox", _SET),
            "check": partial(_ours, clone, "check", _SET),
            "datumaro": partial(_other, clone, str(python), "datumaro", _SET),
        }
    )
    demand_equal(answers, "images", "boxes")
    work = f"{IMAGES} images, {IMAGES * BOXES} boxes, sizes from the image headers"
    globox = (
        f"{work}. globox: AnnotationSet.from_yolo_v5, no checks, a pool of threads. Ours: one thread, every row checked"
    )
    checked = f"{globox}, and then boxes too (area, border, size, repeats), which globox has no counterpart for"
    datumaro = (
        f"{work}. datumaro: import and DetectionValidator. Ours: rows, and boxes (area, border, size, repeats). "
        "Both one thread"
    )
    return [
        _compared("labels read, against globox", answers, "read", "globox", FASTER_GOAL, globox),
        _compared("labels read and checked, against globox reading", answers, "check", "globox", FASTER_GOAL, checked),
        _compared("labels read and checked, against datumaro", answers, "check", "datumaro", FASTER_GOAL, datumaro),
    ]


def _measure_headers(clone: Clone) -> Measure:
    say("headers ...")
    answers = _take_turns(
        {"header": partial(_ours, clone, "header", _SET), "ultralytics": partial(_bare, clone, "ultralytics", _SET)}
    )
    demand_equal(answers, "images", "boxes")
    note = (
        f"{IMAGES} images: size, labels, rows, repeated boxes, last two bytes. Ultralytics: verify_image_label, "
        "its cache off. Ours alone: exact corners in pixels, boxes against the border. Both one thread"
    )
    return _compared("header scan, against Ultralytics", answers, "header", "ultralytics", FASTER_GOAL, note)


def _measure_pixels(clone: Clone) -> Measure:
    say("pixels ...")
    answers = _take_turns(
        {"pixels": partial(_ours, clone, "pixels", _SET), "pillow": partial(_bare, clone, "pillow", _SET)}
    )
    demand_equal(answers, "images")
    note = (
        f"{IMAGES} JPEGs of {_SIZE[0]} x {_SIZE[1]}. Bare: Pillow decodes each to RGB. Ours: SHA-256, decode, "
        "perceptual and average hash, brightness, contrast, sharpness, truncation. Both two threads, nothing cached"
    )
    return _compared("pixel checks, against one decode", answers, "pixels", "pillow", PIXELS_GOAL, note)


def _measure_second_look(clone: Clone) -> Measure:
    """Look at the set, add images, and look again with what was remembered."""
    say("a second look ...")
    cache = WORK / "scans.sqlite"
    first = _ours(clone, "examine", _SET / "data.yaml", cache)
    again = _ours(clone, "examine", _SET / "data.yaml", cache)
    write_dataset(_SET, ["train"], ADDED, _SIZE, first=IMAGES)
    grown = _ours(clone, "examine", _SET / "data.yaml", cache)
    if (again["files_read"], grown["files_read"]) != (0, ADDED):
        raise SystemExit(f"error: read {again['files_read']} and {grown['files_read']} files again, not 0 and {ADDED}")
    note = (
        f"{_WHOLE}, {IMAGES} images and {ADDED} new ones. "
        f"Image files read: {first['files_read']} the first time ({first['seconds']:.1f} s), "
        f"{again['files_read']} with nothing new ({again['seconds']:.1f} s), {grown['files_read']} now. "
        f"{_problems(grown)}"
    )
    return alone(f"check again after adding {ADDED} images", [grown["seconds"]], note=note)


def _measure_growth(clone: Clone) -> list[Measure]:
    """Look at sets of growing size, each in a fresh process without a cache."""
    say(f"drawing {STEPS[-1]} tiny images ...")
    folders = [f"part-{number}" for number in range(STEPS[-1] // PART)]
    write_dataset(_GROWING, folders, PART, _TINY)
    files = {step: _GROWING / f"data-{step}.yaml" for step in STEPS}
    for step, file in files.items():
        write_data_yaml(file, folders[: step // PART])
    say("growth ...")
    answers = _take_turns({str(step): partial(_ours, clone, "examine", file) for step, file in files.items()}, rounds=1)
    memory = ", ".join(f"{answers[str(step)][0]['peak_mb']:.0f} MB at {step}" for step in STEPS)
    times = STEPS[-1] // STEPS[0]
    note = (
        f"{_WHOLE}, JPEGs of {_TINY[0]} x {_TINY[1]}, {BOXES} boxes each, all different; "
        f"bare is {times} times our own {STEPS[0]}. Peak memory: {memory}. {_problems(answers[str(STEPS[-1])][0])}"
    )
    rows = [alone(f"check of {step} images", _seconds(answers[str(step)])) for step in STEPS[:-1]]
    few = [times * seconds for seconds in _seconds(answers[str(STEPS[0])])]
    many = _seconds(answers[str(STEPS[-1])])
    return [*rows, compare(f"check of {STEPS[-1]} images", many, few, goal=LINEAR_GOAL, note=note)]


def _measure_groups(clone: Clone) -> Measure:
    say("groups ...")
    answers = _take_turns({"group": partial(_ours, clone, "group", HASHES)})["group"]
    note = f"{answers[0]['found']} of {answers[0]['planted']} planted pairs found"
    return alone(f"{HASHES} hashes grouped", _seconds(answers), goal=GROUP_GOAL_S, note=note)


def _install_others() -> Path | None:
    """Make a virtual environment of the other libraries; None, and a word about it, where that fails."""
    folder = WORK / "others"
    say("installing " + ", ".join(OTHERS) + " ...")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    result = subprocess.run([python, "-m", "pip", "install", "--quiet", *OTHERS], capture_output=True, text=True)
    if result.returncode == 0:
        return python
    reason = (result.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
    say(f"  labels are NOT measured: pip cannot install them: {reason}")
    return None


def _take_turns(sides: Mapping[str, Side], rounds: int = ROUNDS) -> dict[str, list[Answer]]:
    """Return the answers of every side, taken in turns."""
    answers: dict[str, list[Answer]] = {name: [] for name in sides}

    def measure(name: str) -> float:
        answers[name].append(sides[name]())
        return float(answers[name][-1]["seconds"])

    alternate({name: partial(measure, name) for name in sides}, rounds)
    return answers


def demand_equal(answers: Mapping[str, Sequence[Answer]], *facts: str) -> None:
    """Refuse to compare sides that did not read the same.

    Raises:
        SystemExit: naming what differs.
    """
    for fact in facts:
        counts = {name: side[0][fact] for name, side in answers.items()}
        if len(set(counts.values())) > 1:
            raise SystemExit(f"error: the sides did not do equal work: {fact} {counts}")


def _compared(name: str, answers: dict[str, list[Answer]], ours: str, other: str, goal: float, note: str) -> Measure:
    return compare(name, _seconds(answers[ours]), _seconds(answers[other]), goal=goal, note=note)


def _seconds(answers: Sequence[Answer]) -> list[float]:
    return [float(answer["seconds"]) for answer in answers]


def _problems(answer: Answer) -> str:
    return f"Problems found: {json.dumps(answer['problems'])}"


def _ours(clone: Clone, side: str, *arguments: object) -> Answer:
    return _answer(clone, "python", str(ROOT / "bench/data_ours.py"), side, *map(str, arguments))


def _bare(clone: Clone, side: str, folder: Path) -> Answer:
    return _other(clone, sys.executable, side, folder)


def _other(clone: Clone, python: str, side: str, folder: Path) -> Answer:
    return _answer(clone, python, "-P", str(ROOT / "bench/data_others.py"), side, str(folder))


def _answer(clone: Clone, *command: str) -> Answer:
    answer: Answer = json.loads(clone.run(*command, YOLO_CONFIG_DIR=str(WORK / "ultralytics")).splitlines()[-1])
    return answer
