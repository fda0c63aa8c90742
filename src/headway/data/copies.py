"""Images that are copies of one another: exact, nearly, augmented, or of one session. Pure: values in, problems out.

Perceptual hashes that differ in few bits are found without comparing all pairs: of n + 1 bands of bits, two hashes that
differ in n bits agree in one band at least (the pigeonhole principle), so only hashes that share a band are compared.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import Split
from headway.contracts.params.prepare import GroupParams
from headway.contracts.problems import Problem
from headway.data.survey import Seen

SIMILAR_BITS = 2
"""Average hashes that differ in no more bits look alike."""
RARE_MODE = 0.1
"""A colour mode that fewer of the images have is told."""

_BITS = 64
_AUGMENTED = re.compile(r"^(?P<photo>.+)\.rf\.[0-9A-Za-z]{6,}$")
"""Roboflow names a copy `PHOTO_jpg.rf.DIGEST`."""
_BLOCK = 2048


def check_copies(seen: Sequence[Seen], params: GroupParams) -> list[Problem]:
    """Return a problem for each image that copies an earlier one, and for each rare colour mode's image."""
    problems = []
    for first, *others in _equal(seen, lambda one: one.sha256):
        problems += [_pair("image-duplicate", one, first, "has the same bytes as") for one in others]
    near = _near_pairs(seen, [one.perceptual_hash for one in seen], params.near_duplicate_bits)
    problems += [
        _pair("image-near-duplicate", other, first, f"differs in {bits} of {_BITS} bits from")
        for first, other, bits in near
    ]
    similar = _near_pairs(seen, [one.average_hash for one in seen], SIMILAR_BITS)
    problems += [
        _pair("image-similar", other, first, f"differs in {bits} of {_BITS} bits of the average hash from")
        for first, other, bits in similar
    ]
    for first, *others in _equal(seen, lambda one: _photo(one.image_id)):
        ids = tuple(one.image_id for one in others)
        message = f"one of {len(others) + 1} copies of the photo {_photo(first.image_id)!r}"
        problems.append(Problem("image-augmented", message, first.file, image_id=first.image_id, others=ids))
    return problems + list(_check_modes(seen))


def group_images(seen: Sequence[Seen], params: GroupParams) -> dict[str, str]:
    """Return the key of the group of each image id: its session, else the smallest digest in the group."""
    sets = _Sets(len(seen))
    keys = [lambda one: one.sha256, lambda one: one.session]
    if params.augmented_copies:
        keys.append(lambda one: _photo(one.image_id))
    positions = {id(one): index for index, one in enumerate(seen)}
    for key in keys:
        for first, *others in _equal(seen, key):
            for one in others:
                sets.join(positions[id(first)], positions[id(one)])
    for first, second, _ in _near_indices([one.perceptual_hash for one in seen], params.near_duplicate_bits):
        sets.join(first, second)
    members: dict[int, list[Seen]] = defaultdict(list)
    for index, one in enumerate(seen):
        members[sets.find(index)].append(one)
    groups = {}
    for group in members.values():
        sessions = sorted(one.session for one in group if one.session)
        key = sessions[0] if sessions else min(one.sha256 for one in group)
        groups.update(dict.fromkeys((one.image_id for one in group), key))
    return groups


def check_leaks(seen: Sequence[Seen], splits: Mapping[str, Split], params: GroupParams) -> list[Problem]:
    """Return a problem for each pair of related images on different sides; `fresh` is on the side of test.

    Of a pair the image that is held out less is named. A closer relation hides a looser one.
    """
    found: dict[tuple[str, str], Problem] = {}

    def tell(code: str, first: Seen, other: Seen, relation: str) -> None:
        sides = [_side(splits[one.image_id]) for one in (first, other)]
        if sides[0] == sides[1]:
            return
        low, high = sorted((first, other), key=lambda one: _side(splits[one.image_id]))
        message = f"{low.image_id} ({splits[low.image_id]}) {relation} {high.image_id} ({splits[high.image_id]})"
        problem = Problem(code, message, low.file, image_id=low.image_id, others=(high.image_id,))
        found.setdefault((low.image_id, high.image_id), problem)

    for group in _equal(seen, lambda one: one.sha256):
        for first, other in _across(group, splits):
            tell("leak-duplicate", first, other, "has the same bytes as")
    for first, other, bits in _near_pairs(seen, [one.perceptual_hash for one in seen], params.near_duplicate_bits):
        tell("leak-near-duplicate", first, other, f"differs in {bits} of {_BITS} bits from")
    for group in _equal(seen, lambda one: _photo(one.image_id)):
        for first, other in _across(group, splits):
            tell("leak-augmented", first, other, "is a copy of the photo of")
    for group in _equal(seen, lambda one: one.session):
        for first, other in _across(group, splits):
            tell("leak-group", first, other, f"is of the session {first.session!r}, like")
    return list(found.values())


def _photo(image_id: str) -> str | None:
    """Return the photo that an augmented copy was made from, whatever folder the copy lies in."""
    found = _AUGMENTED.match(image_id.rpartition("/")[2])
    return found["photo"] if found else None


def _side(split: Split) -> int:
    return {"train": 0, "val": 1, "test": 2, "fresh": 2}[split]


def _across(group: Sequence[Seen], splits: Mapping[str, Split]) -> Iterator[tuple[Seen, Seen]]:
    """Pair each image of a group with the first one that is held out furthest."""
    held_out = max(group, key=lambda one: _side(splits[one.image_id]))
    return ((one, held_out) for one in group if one is not held_out)


def _equal(seen: Iterable[Seen], key: object) -> list[list[Seen]]:
    """Return the groups of two and more images of one key, in order; None is no key."""
    groups: dict[Hashable, list[Seen]] = defaultdict(list)
    for one in seen:
        value = key(one)  # type: ignore[operator]
        if value is not None:
            groups[value].append(one)
    return [group for group in groups.values() if len(group) > 1]


def _pair(code: str, one: Seen, first: Seen, relation: str) -> Problem:
    message = f"{one.image_id} {relation} {first.image_id}"
    return Problem(code, message, one.file, image_id=one.image_id, others=(first.image_id,))


def _check_modes(seen: Sequence[Seen]) -> Iterator[Problem]:
    counts = Counter(one.mode for one in seen)
    for one in seen:
        if counts[one.mode] < RARE_MODE * len(seen):
            message = f"mode {one.mode}, which {counts[one.mode]} of {len(seen)} images have"
            yield Problem("image-colour-mode", message, one.file, image_id=one.image_id)


def _near_pairs(
    seen: Sequence[Seen], hashes: Sequence[int | None], bits: int
) -> Iterator[tuple[Seen, Seen, int]]:
    """Yield pairs of images, the earlier first, with the bits that they differ in; exact copies are left out."""
    for first, second, differing in _near_indices(hashes, bits):
        if seen[first].sha256 != seen[second].sha256:
            yield seen[first], seen[second], differing


def _near_indices(hashes: Sequence[int | None], bits: int) -> list[tuple[int, int, int]]:
    """Return the pairs of indices, sorted, whose hashes differ in at most `bits`, and in how many."""
    known = np.array([index for index, value in enumerate(hashes) if value is not None], dtype=np.int64)
    values = np.array([value for value in hashes if value is not None], dtype=np.uint64)
    edges = np.linspace(0, _BITS, bits + 2).astype(int)
    found: dict[tuple[int, int], int] = {}
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        band = (values >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        starts = np.flatnonzero(np.diff(band[order], prepend=~band[order[:1]])) if len(order) else []
        for bucket in np.split(order, starts[1:]) if len(order) else []:
            for first, second, differing in _compare(bucket, values, bits):
                found[int(known[first]), int(known[second])] = differing
    return sorted((first, second, differing) for (first, second), differing in found.items())


def _compare(bucket: NDArray[np.int64], values: NDArray[np.uint64], bits: int) -> Iterator[tuple[int, int, int]]:
    """Yield the close pairs within a bucket, a block of rows at a time, so that memory stays flat."""
    bucket = np.sort(bucket)
    for start in range(0, len(bucket), _BLOCK):
        rows = bucket[start : start + _BLOCK]
        differing = np.bitwise_count(values[rows, None] ^ values[None, bucket[start:]])
        for row, column in np.argwhere(differing <= bits):
            if column > row:
                yield int(rows[row]), int(bucket[start + column]), int(differing[row, column])


class _Sets:
    """Disjoint sets of 0 ... count - 1 (union-find with path halving)."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def find(self, one: int) -> int:
        while self._parent[one] != one:
            self._parent[one] = self._parent[self._parent[one]]
            one = self._parent[one]
        return one

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        self._parent[second] = first
