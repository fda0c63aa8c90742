"""Images that are copies of one another: exact, nearly, augmented, or of one session. Pure: values in, problems out."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from headway.contracts.dataset import Split
from headway.contracts.params.prepare import GroupParams
from headway.contracts.problem import Problem
from headway.data.near import HASH_BITS, Hashes, close_pairs, connect, nearest
from headway.data.survey import Seen

SIMILAR_BITS = 2
"""Average hashes that differ in no more bits look alike."""
RARE_MODE = 0.1
"""A colour mode that a smaller share of the images has is told."""

_AUGMENTED = re.compile(r"(.+)\.rf\.[0-9A-Za-z]+")
"""Roboflow names a copy `PHOTO_jpg.rf.DIGEST`."""
_SIDES: Mapping[Split, int] = {"train": 0, "val": 1, "test": 2, "fresh": 2}
"""How far a split is held out. What is in test may be like what is in fresh: neither is learnt."""

Key = Callable[[Seen], Hashable]


def check_copies(seen: Sequence[Seen], params: GroupParams) -> list[Problem]:
    """Return a problem for each image that copies an earlier one (by id), for each photo with augmented copies,
    for each set of images that look alike, and for each image of a rare colour mode.

    A near duplicate names the nearest earlier image; exact copies are no near duplicates as well.
    """
    seen = sorted(seen, key=lambda one: one.image_id)
    return [
        *_check_duplicates(seen),
        *_check_near_duplicates(seen, params.near_duplicate_bits),
        *_check_similar(seen),
        *_check_augmented(seen),
        *_check_modes(seen),
    ]


def group_images(seen: Sequence[Seen], params: GroupParams) -> dict[str, str]:
    """Return the key of the group of each image id: its session if there is any, else the smallest digest in it.

    Images of one group are linked by equal bytes, near duplicates, augmented copies or a session, also in a chain.
    """
    keys: list[Key] = [_digest, _session, *([_photo] if params.augmented_copies else [])]
    labels = _connected(seen, keys, lambda one: one.perceptual_hash, params.near_duplicate_bits)
    members: dict[int, list[Seen]] = defaultdict(list)
    for one, label in zip(seen, labels, strict=True):
        members[label].append(one)
    names = {label: _group_name(group) for label, group in members.items()}
    return {one.image_id: names[label] for one, label in zip(seen, labels, strict=True)}


def check_leaks(seen: Sequence[Seen], splits: Mapping[str, Split], params: GroupParams) -> list[Problem]:
    """Return a problem for each image that is related to one that is held out further: train, val, then test and fresh.

    It names the relation that is closest: equal bytes, near duplicate, augmented copy. A session is one problem.
    """
    seen = sorted(seen, key=lambda one: one.image_id)
    found: dict[str, Problem] = {}
    for low, high in _across(seen, _digest, splits):
        found[low.image_id] = _leak("leak-duplicate", low, high, splits, "has the same bytes as")
    for low, high, bits in _near_across(seen, splits, params.near_duplicate_bits):
        relation = f"differs in {bits} of {HASH_BITS} bits from"
        found.setdefault(low.image_id, _leak("leak-near-duplicate", low, high, splits, relation))
    for low, high in _across(seen, _photo, splits):
        relation = "is made of the same photo as"
        found.setdefault(low.image_id, _leak("leak-augmented", low, high, splits, relation))
    sessions: dict[Hashable, Problem] = {}
    for low, high in _across(seen, _session, splits):
        relation = f"is of the session {low.session!r}, as is"
        sessions.setdefault(low.session, _leak("leak-group", low, high, splits, relation))
    return [*found.values(), *sessions.values()]


def _check_duplicates(seen: Sequence[Seen]) -> Iterator[Problem]:
    for first, *copies in _equal(seen, _digest):
        for one in copies:
            yield _copy("image-duplicate", one, first, f"has the same bytes as {first.image_id}")


def _check_near_duplicates(seen: Sequence[Seen], bits: int) -> Iterator[Problem]:
    firsts = _firsts(seen, _digest)
    for first, *same in _equal(firsts, lambda one: one.perceptual_hash):
        for one in same:
            yield _near(one, first, 0)
    kept = _firsts(firsts, lambda one: one.perceptual_hash)
    hashes = _hashes(one.perceptual_hash for one in kept)
    for index, (other, differing) in nearest(hashes, bits, np.arange(len(kept))).items():
        yield _near(kept[index], kept[other], differing)


def _check_similar(seen: Sequence[Seen]) -> Iterator[Problem]:
    labels = _connected(seen, [], lambda one: one.average_hash, SIMILAR_BITS)
    positions = {one.image_id: label for one, label in zip(seen, labels, strict=True)}
    for first, *others in _equal(seen, lambda one: positions[one.image_id]):
        message = f"{len(others) + 1} images look alike: {_listed([first, *others])}"
        yield _of_set("image-similar", first, others, message)


def _check_augmented(seen: Sequence[Seen]) -> Iterator[Problem]:
    for first, *others in _equal(seen, _photo):
        yield _of_set("image-augmented", first, others, f"{len(others) + 1} copies of the photo {_photo(first)!r}")


def _check_modes(seen: Sequence[Seen]) -> Iterator[Problem]:
    counts = Counter(one.mode for one in seen)
    for one in seen:
        if counts[one.mode] < RARE_MODE * len(seen):
            message = f"its colour mode is {one.mode}, as of {counts[one.mode]} of {len(seen)} images"
            yield Problem("image-colour-mode", message, one.file, image_id=one.image_id)


def _digest(one: Seen) -> str:
    return one.sha256


def _session(one: Seen) -> str | None:
    return one.session


def _photo(one: Seen) -> str | None:
    """Return the photo that an augmented copy was made of, whatever folder the copy lies in."""
    found = _AUGMENTED.fullmatch(one.image_id.rpartition("/")[2])
    return found[1] if found else None


def _group_name(group: Iterable[Seen]) -> str:
    sessions = [one.session for one in group if one.session is not None]
    return min(sessions) if sessions else min(one.sha256 for one in group)


def _equal(seen: Iterable[Seen], key: Key) -> list[list[Seen]]:
    """Return the groups of two and more images of one key, in order; None is no key."""
    groups: dict[Hashable, list[Seen]] = defaultdict(list)
    for one in seen:
        groups[key(one)].append(one)
    return [group for value, group in groups.items() if value is not None and len(group) > 1]


def _firsts(seen: Iterable[Seen], key: Key) -> list[Seen]:
    """Return the first image of each key, in order; None is no key."""
    firsts: dict[Hashable, Seen] = {}
    for one in seen:
        firsts.setdefault(key(one), one)
    return [one for value, one in firsts.items() if value is not None]


def _hashes(values: Iterable[int | None]) -> Hashes:
    return np.array([value for value in values if value is not None], dtype=np.uint64)


def _connected(
    seen: Sequence[Seen], keys: Iterable[Key], hash_of: Callable[[Seen], int | None], bits: int
) -> list[int]:
    """Return for each image the position of the first one that an equal key or a near hash links it to."""
    labels = np.arange(len(seen))
    positions = {one.image_id: position for position, one in enumerate(seen)}
    for key in (*keys, hash_of):
        pairs = [
            (positions[first.image_id], positions[one.image_id])
            for first, *others in _equal(seen, key)
            for one in others
        ]
        connect(labels, *np.array(pairs, dtype=np.int64).reshape(-1, 2).T)
    kept = _firsts(seen, hash_of)
    places = np.array([positions[one.image_id] for one in kept], dtype=np.int64)
    for first, second, _ in close_pairs(_hashes(hash_of(one) for one in kept), bits):
        connect(labels, places[first], places[second])
    return [int(label) for label in labels]


def _across(seen: Sequence[Seen], key: Key, splits: Mapping[str, Split]) -> Iterator[tuple[Seen, Seen]]:
    """Pair each image with the first of the images of its key that are held out furthest, where it is held out less."""
    for group in _equal(seen, key):
        furthest = max(group, key=lambda one: _SIDES[splits[one.image_id]])
        for one in group:
            if _SIDES[splits[one.image_id]] < _SIDES[splits[furthest.image_id]]:
                yield one, furthest


def _near_across(seen: Sequence[Seen], splits: Mapping[str, Split], bits: int) -> Iterator[tuple[Seen, Seen, int]]:
    """Pair each image with the nearest one that is held out further."""

    def place(one: Seen) -> tuple[int, int] | None:
        return None if one.perceptual_hash is None else (one.perceptual_hash, _SIDES[splits[one.image_id]])

    kept = _firsts(seen, place)
    ranks = np.array([-_SIDES[splits[one.image_id]] for one in kept], dtype=np.int64)
    found = nearest(_hashes(one.perceptual_hash for one in kept), bits, ranks)
    partners = {place(kept[index]): (kept[other], differing) for index, (other, differing) in found.items()}
    for one in seen:
        if (where := place(one)) in partners:
            yield one, *partners[where]


def _near(one: Seen, first: Seen, bits: int) -> Problem:
    message = f"differs in {bits} of {HASH_BITS} bits from {first.image_id}"
    return _copy("image-near-duplicate", one, first, message)


def _copy(code: str, one: Seen, first: Seen, message: str) -> Problem:
    return Problem(code, message, one.file, image_id=one.image_id, others=(first.image_id,))


def _of_set(code: str, first: Seen, others: Sequence[Seen], message: str) -> Problem:
    ids = tuple(one.image_id for one in others)
    return Problem(code, message, first.file, image_id=first.image_id, others=ids)


def _listed(images: Sequence[Seen], shown: int = 4) -> str:
    names = ", ".join(one.image_id for one in images[:shown])
    return names if len(images) <= shown else f"{names} and {len(images) - shown} more"


def _leak(code: str, low: Seen, high: Seen, splits: Mapping[str, Split], relation: str) -> Problem:
    ends = [f"{one.image_id} ({splits[one.image_id]})" for one in (low, high)]
    return Problem(code, f"{ends[0]} {relation} {ends[1]}", low.file, image_id=low.image_id, others=(high.image_id,))
