"""Which split an image belongs to, decided once: the ledger knows it, or the source gives it, or a salted hash says it.

Images that belong together (`copies.group_images`) stay on one side; the sides are train, val and test, where
`fresh` is on the side of test. What decides, in this order:

1. An image whose digest is in the ledger keeps its split, whatever the source gives now. One exception: of exact
   copies that the source itself gives to several splits, the ledger can name only one split (the one held out
   furthest), and `honour` leaves the others where the source gives them.
2. A new image of a group with members in the ledger joins them. If they are on different sides, or the source gives
   the new image to another side than theirs, it is quarantined: left out and reported, until someone decides.
3. A new group goes where the source gives it. `honour` keeps images of one group on different sides if they are given
   so (a leak, which `copies.check_leaks` reports); `repair` keeps those that are held out furthest (test, then val)
   and quarantines the others; `ignore` sets all given splits aside. Given images are written to the ledger as given.
4. Any other new group goes where the salted hash of its key puts it. Where the source gives train but no val (or no
   test), so do its images of train, as far as the hash puts them into the missing split. Of these groups alone, some
   are moved to cover classes that a split would have too few boxes of.

As soon as the ledger holds a test image, the test set is frozen: new images on the side of test go to `fresh`.
Old images depend on the ledger alone, so no new image moves one; nothing depends on the order of images.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from headway.contracts.dataset import SPLITS, Split
from headway.contracts.params.prepare import PrepareParams, SplitParams
from headway.contracts.problem import Problem

_POSITION_BITS = 53
"""What a double holds exactly."""


@dataclass(frozen=True, slots=True)
class Member:
    """What of an image decides its split.

    Attributes:
        image_id: unique within the source.
        sha256: of the image's bytes.
        group: key that images which must stay together share: the capture session, or a SHA-256.
        given: the split that the source gives.
        classes: number of boxes of each class.
        file: the image file, for messages.
    """

    image_id: str
    sha256: str
    group: str
    given: Split | None = None
    classes: tuple[tuple[str, int], ...] = ()
    file: str = ""


@dataclass(frozen=True)
class Assignment:
    """Where the images go.

    Attributes:
        splits: image id -> split; quarantined images are missing.
        problems: one `split-quarantined` for each image that is left out.
        rows: SHA-256 -> split of images that the ledger lacks: what to append to it.
        topped_up: image id -> split that the hash had chosen, for images that were moved to cover a class.
    """

    splits: dict[str, Split]
    problems: list[Problem] = field(default_factory=list)
    rows: dict[str, Split] = field(default_factory=dict)
    topped_up: dict[str, Split] = field(default_factory=dict)


def assign_splits(members: Iterable[Member], ledger: Mapping[str, Split], params: PrepareParams) -> Assignment:
    """Return the split of each image, as the module describes."""
    if params.given_splits == "ignore":
        members = [replace(member, given=None) for member in members]
    groups = _by_group(members)
    missing = set(SPLITS) - {side(member.given) for group in groups for member in group if member.given}
    frozen = "test" in ledger.values()
    splits: dict[str, Split] = {}
    problems: list[Problem] = []
    free: list[_FreeGroup] = []
    for group in groups:
        claims = _claims(group, missing)
        held = _held(group, ledger, claims, honour=params.given_splits == "honour")
        if held:
            chosen, refused = _join(group, held, claims)
        elif claims:
            chosen, refused = _follow_source(group, claims, repair=params.given_splits == "repair")
        else:
            free.append(_hashed_group(group, missing, params.split))
            continue
        splits |= held | {image_id: _late(split, frozen=frozen) for image_id, split in chosen.items()}
        problems += refused
    _cover_classes(free, _count_boxes(groups, splits), params)
    for new in free:
        splits |= {member.image_id: _late(new.split, frozen=frozen) for member in new.members}
    topped_up = {member.image_id: new.hashed for new in free if new.split != new.hashed for member in new.members}
    return Assignment(splits, problems, _new_rows(groups, splits, ledger), topped_up)


def find_leaks(members: Iterable[Member], ledger: Mapping[str, Split]) -> list[Problem]:
    """Return a problem for each image of the ledger that `repair` leaves out: others of its group are held out further.

    The groups of `members` must be of images of the ledger alone: then no new image, which may link two of them by
    being like both, takes any away.
    """
    groups = _by_group(member for member in members if member.sha256 in ledger)
    return [problem for group in groups for problem in _left_behind({one: ledger[one.sha256] for one in group})]


def hashed_split(key: str, params: SplitParams) -> Split:
    """Return the split whose share of [0, 1) the salted hash of `key` falls into."""
    position = _position(key, params)
    if position < params.train:
        return "train"
    return "val" if position < params.train + params.val else "test"


def side(split: Split) -> Split:
    """Return train, val or test: what `fresh` holds is as unseen as what test holds."""
    return "test" if split == "fresh" else split


@dataclass
class _FreeGroup:
    """A new group that nothing but the hash decides about."""

    members: list[Member]
    hashed: Split
    split: Split
    allowed: set[Split]
    rank: tuple[int, float]
    """Small groups are moved first, then those that the hash puts first."""
    boxes: Counter[str]


def _position(key: str, params: SplitParams) -> float:
    digest = hashlib.sha256(f"{params.salt}\n{key}".encode()).digest()
    return float((int.from_bytes(digest[:8]) >> (64 - _POSITION_BITS)) / 2**_POSITION_BITS)


def _by_group(members: Iterable[Member]) -> list[list[Member]]:
    """Return the groups by key, each by image id: an order that owes nothing to the order of files."""
    groups: dict[str, list[Member]] = defaultdict(list)
    for member in sorted(members, key=lambda member: member.image_id):
        groups[member.group].append(member)
    return [groups[key] for key in sorted(groups)]


def _claims(group: list[Member], missing: set[Split]) -> dict[str, Split]:
    """Return the given splits that count: train does not where the hash has to make a missing split out of it."""
    claims = {member.image_id: member.given for member in group if member.given}
    return {} if missing and set(claims.values()) <= {"train"} else claims


def _held(
    group: list[Member], ledger: Mapping[str, Split], claims: Mapping[str, Split], *, honour: bool
) -> dict[str, Split]:
    """Return the splits of a group's images that the ledger decides."""
    claimed = {(member.sha256, side(claims[member.image_id])) for member in group if member.image_id in claims}
    held: dict[str, Split] = {}
    for member in group:
        split = ledger.get(member.sha256)
        if split is None:
            continue
        claim = claims.get(member.image_id, split)
        copied = side(claim) != side(split) and (member.sha256, side(split)) in claimed
        if not copied:
            held[member.image_id] = split
        elif honour and _rank(claim) < _rank(split):
            held[member.image_id] = claim
    return held


def _join(
    group: list[Member], held: Mapping[str, Split], claims: Mapping[str, Split]
) -> tuple[dict[str, Split], list[Problem]]:
    """Return the splits of a group's new images, which follow those of the ledger, and the problems of the others."""
    chosen: dict[str, Split] = {}
    refused = []
    examples = _examples(held)
    furthest = max(examples, key=_rank)
    for member in group:
        if member.image_id in held:
            continue
        claim = claims.get(member.image_id)
        if len(examples) == 1 and (claim is None or side(claim) in examples):
            chosen[member.image_id] = claim or furthest
        else:
            refused.append(_quarantined(member, claim, examples))
    return chosen, refused


def _follow_source(
    group: list[Member], claims: Mapping[str, Split], *, repair: bool
) -> tuple[dict[str, Split], list[Problem]]:
    """Return the splits of a new group that the source gives, and the problems of the images that it tears apart."""
    examples = _examples(claims)
    furthest = max(examples, key=_rank)
    chosen: dict[str, Split] = {}
    refused = []
    for member in group:
        claim = claims.get(member.image_id)
        if claim is None and (repair or len(examples) == 1):
            chosen[member.image_id] = furthest
        elif claim is not None and (not repair or side(claim) == furthest):
            chosen[member.image_id] = claim
        else:
            refused.append(_quarantined(member, claim, examples))
    return chosen, refused


def _left_behind(splits: Mapping[Member, Split]) -> list[Problem]:
    """Return a problem for each image of a group that is not on the side that is held out furthest."""
    examples = _examples({member.image_id: split for member, split in splits.items()})
    furthest = max(examples, key=_rank)
    return [_quarantined(member, split, examples) for member, split in splits.items() if side(split) != furthest]


def _rank(split: Split) -> int:
    """Return how far a split is held out from training."""
    return SPLITS.index(side(split))


def _late(split: Split, *, frozen: bool) -> Split:
    return "fresh" if frozen and split == "test" else split


def _examples(splits: Mapping[str, Split]) -> dict[Split, str]:
    """Return each side that occurs, and the first image id that stands for it."""
    examples: dict[Split, str] = {}
    for image_id, split in sorted(splits.items()):
        examples.setdefault(side(split), image_id)
    return {name: examples[name] for name in SPLITS if name in examples}


def _quarantined(member: Member, own: Split | None, examples: Mapping[Split, str]) -> Problem:
    others = {name: image_id for name, image_id in examples.items() if image_id != member.image_id}
    named = ", ".join(f"{image_id} ({name})" for name, image_id in others.items())
    message = f"{member.image_id}{f' ({own})' if own else ''} belongs together with {named}; it is left out"
    return Problem(
        "split-quarantined", message, member.file, image_id=member.image_id, others=tuple(sorted(others.values()))
    )


def _hashed_group(group: list[Member], missing: set[Split], params: SplitParams) -> _FreeGroup:
    key = group[0].group
    allowed = {"train", *missing} if any(member.given for member in group) else set(SPLITS)
    hashed = hashed_split(key, params)
    split: Split = hashed if hashed in allowed else "train"
    boxes = Counter[str]()
    for member in group:
        boxes.update(dict(member.classes))
    return _FreeGroup(group, split, split, allowed, (len(group), _position(key, params)), boxes)


def _count_boxes(groups: list[list[Member]], splits: Mapping[str, Split]) -> dict[Split, Counter[str]]:
    counts: dict[Split, Counter[str]] = {name: Counter() for name in SPLITS}
    for group in groups:
        for member in group:
            if member.image_id in splits:
                counts[side(splits[member.image_id])].update(dict(member.classes))
    return counts


def _cover_classes(free: list[_FreeGroup], counts: dict[Split, Counter[str]], params: PrepareParams) -> None:
    """Move free groups to splits that have too few boxes of a class; `counts` holds the boxes of all other images.

    First every class that train lacks gets there, whatever that costs: what is not learnt need not be scored. Then
    each split gets a box of each class, then enough of them: the rarest class first, and of each class train before
    test before val. In both rounds a group moves only if the split that it leaves keeps as much, so none is undone.
    """
    for group in free:
        counts[group.split].update(group.boxes)
    totals = sum(counts.values(), Counter[str]())
    holders: dict[str, list[_FreeGroup]] = defaultdict(list)
    for group in sorted(free, key=lambda group: group.rank):
        for name in group.boxes:
            holders[name].append(group)
    rarest_first = sorted(holders, key=lambda name: (totals[name], name))
    for name in rarest_first:
        if not counts["train"][name]:
            _move(holders[name][0], "train", counts)
    targets: tuple[Split, ...] = ("train", "test", "val")
    for most in (1, params.min_boxes):
        enough = {name: _enough(total, most, params.split) for name, total in totals.items()}
        for name, target in product(rarest_first, targets):
            for group in holders[name]:
                if counts[target][name] >= enough[name][target]:
                    break
                if group.split != target and target in group.allowed and _can_leave(group, counts, enough):
                    _move(group, target, counts)


def _move(group: _FreeGroup, target: Split, counts: Mapping[Split, Counter[str]]) -> None:
    counts[group.split].subtract(group.boxes)
    counts[target].update(group.boxes)
    group.split = target


def _enough(total: int, most: int, shares: SplitParams) -> dict[Split, int]:
    """Return how many of `total` boxes of a class each split should have at least: its share, from 1 to `most`."""
    val, test = (min(most, max(1, int(share * total))) for share in (shares.val, shares.test))
    return {"train": min(most, max(1, total - val - test)), "val": val, "test": test}


def _can_leave(
    group: _FreeGroup, counts: Mapping[Split, Counter[str]], enough: Mapping[str, Mapping[Split, int]]
) -> bool:
    there = counts[group.split]
    return all(there[name] - number >= enough[name][group.split] for name, number in group.boxes.items())


def _new_rows(groups: list[list[Member]], splits: Mapping[str, Split], ledger: Mapping[str, Split]) -> dict[str, Split]:
    """Return the ledger's missing lines, by digest; of copies in several splits the one held out furthest counts."""
    rows: dict[str, Split] = {}
    for group in groups:
        for member in group:
            split = splits.get(member.image_id)
            if split is not None and member.sha256 not in ledger:
                rows[member.sha256] = max(rows.get(member.sha256, split), split, key=_rank)
    return dict(sorted(rows.items()))
