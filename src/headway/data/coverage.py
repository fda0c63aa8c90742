"""Whether the splits hold what training and scoring need. Pure: values in, problems out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from headway.contracts.dataset import ALL_SPLITS, SPLITS, Split
from headway.contracts.problem import Problem
from headway.data.survey import Seen

_PURPOSES: dict[Split, str] = {"train": "learnt", "val": "chosen by its score", "test": "scored"}
_SCORED: tuple[Split, ...] = ("val", "test")


def check_coverage(
    seen: Iterable[Seen], splits: Mapping[str, Split], classes: Sequence[str], min_boxes: int
) -> list[Problem]:
    """Return splits without images or boxes, and classes that could not be learnt or scored.

    Args:
        seen: the images.
        splits: split of each image id; images that are missing have none.
        classes: every class; one without a box anywhere is `class-unseen`, which is told elsewhere.
        min_boxes: a class with fewer boxes in a split that scores is rare.
    """
    images: Counter[Split] = Counter()
    boxes: dict[Split, Counter[str]] = {name: Counter() for name in ALL_SPLITS}
    for one in seen:
        if one.image_id in splits:
            split = splits[one.image_id]
            images[split] += 1
            boxes[split].update(dict(one.boxes))
    empty = [_check_split(name, images[name], boxes[name].total()) for name in SPLITS]
    problems = [problem for problem in empty if problem is not None]
    if problems:  # every class would be missing there too
        return problems
    for name in classes:
        problems += _check_class(name, {split: boxes[split][name] for split in ALL_SPLITS}, min_boxes)
    return problems


def _check_split(name: Split, images: int, boxes: int) -> Problem | None:
    if images and boxes:
        return None
    lacking = "box" if images else "image"
    return Problem("split-empty", f"{name} has no {lacking}, so nothing can be {_PURPOSES[name]}")


def _check_class(name: str, boxes: Mapping[Split, int], min_boxes: int) -> list[Problem]:
    present = [split for split in ALL_SPLITS if boxes[split]]
    if not present:
        return []
    if "train" not in present:
        elsewhere = _joined(f"{boxes[split]} in {split}" for split in present)
        return [Problem("class-not-in-train", f"class {name!r} has no box in train, but {elsewhere}")]
    problems = []
    absent = [split for split in _SCORED if not boxes[split]]
    if absent:
        message = f"class {name!r} has no box in {_joined(absent)}, so it is not scored there"
        problems.append(Problem("class-not-scored", message))
    rare = [f"{boxes[split]} in {split}" for split in _SCORED if 0 < boxes[split] < min_boxes]
    if rare:
        message = f"class {name!r} has few boxes to be scored by: {_joined(rare)}, fewer than {min_boxes}"
        problems.append(Problem("class-rare", message))
    return problems


def _joined(parts: Iterable[str]) -> str:
    return " and ".join(parts)
