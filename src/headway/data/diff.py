"""What changed between two versions of a prepared data set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import ALL_SPLITS, Box, ImageRecord, PreparedDataset, Split, count_boxes
from headway.contracts.problem import Problem
from headway.contracts.problems import KINDS, sorted_problems
from headway.detection.geometry import iou_matrix

SAME_OBJECT_IOU = 0.5
"""Boxes of one image that overlap less are taken for two objects."""


@dataclass(frozen=True)
class Version:
    """One version of a data set, with what was wrong with it."""

    dataset: PreparedDataset
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """A number before and now."""

    before: int
    now: int

    @property
    def change(self) -> int:
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """An image that only one version has."""

    image_id: str
    split: Split
    boxes: int


@dataclass(frozen=True, slots=True)
class ImagePair:
    """An image that both versions have."""

    id_before: str
    id_now: str
    split_before: Split
    split_now: Split


@dataclass(frozen=True, slots=True)
class BoxChange:
    """A label that changed on an image whose bytes did not. None stands for a box that is not there."""

    image_id: str
    before: Box | None
    now: Box | None

    @property
    def kind(self) -> Literal["class", "moved", "added", "removed"]:
        if self.before is None:
            return "added"
        if self.now is None:
            return "removed"
        return "moved" if self.before.class_name == self.now.class_name else "class"


@dataclass(frozen=True, slots=True)
class Copy:
    """An image that only one version has, and the images of the other one with the same bytes."""

    image: ImageEntry
    originals: tuple[ImageEntry, ...]


@dataclass(frozen=True)
class DatasetDiff:
    """What changed.

    Attributes:
        digest_before, digest_now: `PreparedDataset.digest`.
        images: split -> number of images; a split that neither version has is left out.
        boxes: class name -> number of boxes, in the order of the class ids now, then before.
        class_ids: class name -> (id before, id now) of the classes whose ids differ; None where it does not exist.
        added, removed: images that only one version has, by id.
        copies_added, copies_removed: those of them with the bytes of images that the other version has too.
        moved: images that changed their split.
        renamed: images of equal bytes whose id changed.
        replaced: images of equal id whose bytes changed.
        relabelled: changed labels on images whose bytes did not change, by image.
        problems: code -> number of problems, in the order of reports.
        problems_added, problems_removed: problems that only one version has; a line number alone makes no difference.
    """

    digest_before: str
    digest_now: str
    images: Mapping[str, Count]
    boxes: Mapping[str, Count]
    class_ids: Mapping[str, tuple[int | None, int | None]]
    added: tuple[ImageEntry, ...]
    removed: tuple[ImageEntry, ...]
    copies_added: tuple[Copy, ...]
    copies_removed: tuple[Copy, ...]
    moved: tuple[ImagePair, ...]
    renamed: tuple[ImagePair, ...]
    replaced: tuple[ImagePair, ...]
    relabelled: tuple[BoxChange, ...]
    problems: Mapping[str, Count]
    problems_added: tuple[Problem, ...]
    problems_removed: tuple[Problem, ...]

    @property
    def empty(self) -> bool:
        """Whether both versions are the same data with the same problems."""
        return self.digest_before == self.digest_now and not self.problems_added and not self.problems_removed

    @property
    def new_classes(self) -> tuple[str, ...]:
        return tuple(name for name, (before, _) in self.class_ids.items() if before is None)

    @property
    def gone_classes(self) -> tuple[str, ...]:
        return tuple(name for name, (_, now) in self.class_ids.items() if now is None)

    @property
    def renumbered_classes(self) -> tuple[str, ...]:
        return tuple(name for name, ids in self.class_ids.items() if None not in ids)


def diff_datasets(before: Version, now: Version) -> DatasetDiff:
    """Compare two versions. Images are matched by their bytes first, then by id; boxes by overlap."""
    old, new = before.dataset, now.dataset
    pairs = match_images(old.records, new.records)
    kept_before, kept_now = ({pair[side].image_id for pair in pairs} for side in (0, 1))
    removed = [record for record in old.records if record.image_id not in kept_before]
    added = [record for record in new.records if record.image_id not in kept_now]
    images = [(_pair(one, other), one, other) for one, other in pairs]
    appeared, vanished = _changed_problems(before.problems, now.problems)
    return DatasetDiff(
        digest_before=old.digest,
        digest_now=new.digest,
        images=_count(ALL_SPLITS, _images_by_split(old), _images_by_split(new)),
        boxes=_count(_all_classes(old, new), count_boxes(old.records), count_boxes(new.records), keep_zero=True),
        class_ids=_changed_ids(old, new),
        added=_entries(added),
        removed=_entries(removed),
        copies_added=_copies(added, old.records),
        copies_removed=_copies(removed, new.records),
        moved=tuple(pair for pair, *_ in images if pair.split_before != pair.split_now),
        renamed=tuple(pair for pair, *_ in images if pair.id_before != pair.id_now),
        replaced=tuple(pair for pair, one, other in images if one.sha256 != other.sha256),
        relabelled=tuple(
            change for one, other in pairs if one.sha256 == other.sha256 for change in match_boxes(one, other)
        ),
        problems=_count(KINDS, Counter(one.code for one in before.problems), Counter(one.code for one in now.problems)),
        problems_added=appeared,
        problems_removed=vanished,
    )


def match_images(before: Iterable[ImageRecord], now: Iterable[ImageRecord]) -> list[tuple[ImageRecord, ImageRecord]]:
    """Return which image of one version is which of the other, by the id now.

    Equal bytes make a pair, of several copies those with equal ids first and
    the others in the order of their ids. What is left is paired by id.
    """
    old, new = ({record.image_id: record for record in records} for records in (before, now))
    pairs = []

    def take(one: str, other: str) -> None:
        pairs.append((old.pop(one), new.pop(other)))

    for image_id in [name for name, record in old.items() if name in new and record.sha256 == new[name].sha256]:
        take(image_id, image_id)
    copies_before, copies_now = _by_bytes(old.values()), _by_bytes(new.values())
    for digest in sorted(copies_before.keys() & copies_now.keys()):
        for one, other in zip(copies_before[digest], copies_now[digest], strict=False):
            take(one.image_id, other.image_id)
    for image_id in sorted(old.keys() & new.keys()):
        take(image_id, image_id)
    return sorted(pairs, key=lambda pair: pair[1].image_id)


def match_boxes(before: ImageRecord, now: ImageRecord) -> list[BoxChange]:
    """Return the labels that differ between two records of the same image.

    Equal boxes are set aside. Of the others the pairs with the largest overlap
    are taken first, down to `SAME_OBJECT_IOU`; what remains was added or removed.
    """
    if before.boxes == now.boxes:
        return []
    old = sorted((Counter(before.boxes) - Counter(now.boxes)).elements(), key=_box_key)
    new = sorted((Counter(now.boxes) - Counter(before.boxes)).elements(), key=_box_key)
    matched = list(_overlapping(old, new))
    rows, columns = {row for row, _ in matched}, {column for _, column in matched}
    changes = [BoxChange(now.image_id, old[row], new[column]) for row, column in matched]
    changes += [BoxChange(now.image_id, box, None) for row, box in enumerate(old) if row not in rows]
    changes += [BoxChange(now.image_id, None, box) for column, box in enumerate(new) if column not in columns]
    return sorted(changes, key=_change_key)


def _overlapping(old: Sequence[Box], new: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """Yield index pairs greedily by overlap; swapping the two sides swaps every pair and changes nothing else."""
    overlaps = iou_matrix(_corners(old), _corners(new))
    candidates = sorted(
        map(tuple, np.argwhere(overlaps >= SAME_OBJECT_IOU).tolist()),
        key=lambda at: (
            -overlaps[at],
            old[at[0]].class_name != new[at[1]].class_name,
            sorted((_box_key(old[at[0]]), _box_key(new[at[1]]))),
        ),
    )
    rows, columns = set[int](), set[int]()
    for row, column in candidates:
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            yield row, column


def _corners(boxes: Sequence[Box]) -> NDArray[np.float64]:
    corners = [(box.x_min, box.y_min, box.x_max, box.y_max) for box in boxes]
    return np.array(corners, dtype=np.float64).reshape(-1, 4)


def _box_key(box: Box) -> tuple[str, float, float, float, float]:
    return box.class_name, box.x_min, box.y_min, box.x_max, box.y_max


def _change_key(change: BoxChange) -> tuple[Any, ...]:
    return change.kind, sorted(_box_key(box) for box in (change.before, change.now) if box is not None)


def _by_bytes(records: Iterable[ImageRecord]) -> dict[str, list[ImageRecord]]:
    found = defaultdict(list)
    for record in sorted(records, key=lambda record: record.image_id):
        found[record.sha256].append(record)
    return found


def _pair(before: ImageRecord, now: ImageRecord) -> ImagePair:
    return ImagePair(before.image_id, now.image_id, before.split, now.split)


def _entry(record: ImageRecord) -> ImageEntry:
    return ImageEntry(record.image_id, record.split, len(record.boxes))


def _entries(records: Iterable[ImageRecord]) -> tuple[ImageEntry, ...]:
    return tuple(sorted(map(_entry, records), key=lambda entry: entry.image_id))


def _copies(alone: Sequence[ImageRecord], others: Iterable[ImageRecord]) -> tuple[Copy, ...]:
    originals = _by_bytes(others)
    return tuple(
        Copy(_entry(record), _entries(originals[record.sha256]))
        for record in sorted(alone, key=lambda record: record.image_id)
        if record.sha256 in originals
    )


def _images_by_split(dataset: PreparedDataset) -> Counter[str]:
    return Counter(record.split for record in dataset.records)


def _all_classes(old: PreparedDataset, new: PreparedDataset) -> list[str]:
    return list(dict.fromkeys((*new.classes, *old.classes)))


def _changed_ids(old: PreparedDataset, new: PreparedDataset) -> dict[str, tuple[int | None, int | None]]:
    before, now = ({name: number for number, name in enumerate(dataset.classes)} for dataset in (old, new))
    ids = {name: (before.get(name), now.get(name)) for name in _all_classes(old, new)}
    return {name: pair for name, pair in ids.items() if pair[0] != pair[1]}


def _count(
    names: Iterable[str], before: Mapping[str, int], now: Mapping[str, int], *, keep_zero: bool = False
) -> dict[str, Count]:
    counts = {name: Count(before.get(name, 0), now.get(name, 0)) for name in names}
    return {name: count for name, count in counts.items() if keep_zero or count.before or count.now}


def _changed_problems(
    before: Iterable[Problem], now: Iterable[Problem]
) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """Return the problems that appeared and those that vanished, whatever line they stand in."""

    def by_content(problems: Iterable[Problem]) -> dict[tuple[Any, ...], list[Problem]]:
        found = defaultdict(list)
        for one in sorted_problems(problems):
            found[one.code, one.file, one.message, one.image_id, one.others].append(one)
        return found

    old, new = by_content(before), by_content(now)
    return _surplus(new, old), _surplus(old, new)


def _surplus(
    these: Mapping[tuple[Any, ...], list[Problem]], those: Mapping[tuple[Any, ...], list[Problem]]
) -> tuple[Problem, ...]:
    return tuple(sorted_problems(one for key, found in these.items() for one in found[len(those.get(key, ())) :]))
