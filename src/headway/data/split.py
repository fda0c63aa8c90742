"""Which split an image belongs to: what the source says, or else a salted hash.

The hash is of the image's group, or of its bytes, and of nothing else: no
order, no count and no other image. So adding images moves none, and copies of
one image always land together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from headway.contracts.dataset import SPLITS, Split
from headway.contracts.params.prepare import SplitParams

_POSITION_BITS = 53
"""What a double holds exactly."""


@dataclass(frozen=True)
class Member:
    """What of an image decides its split.

    Attributes:
        key: images of one key stay in one split: the capture group, or the SHA-256 of the image's bytes.
        given: the split that the source gives, if it counts.
    """

    key: str
    given: Split | None


def assign_splits(members: Mapping[str, Member], params: SplitParams) -> dict[str, Split]:
    """Return the split of each image id.

    Given splits are kept, but for one thing: where the source gives train
    images and no val (or test), those images of train move there that the
    hash would put there.
    """
    missing = set(SPLITS) - {member.given for member in members.values()}
    splits: dict[str, Split] = {}
    for image_id, member in members.items():
        hashed = hashed_split(member.key, params)
        keep = member.given if member.given != "train" or hashed not in missing else None
        splits[image_id] = keep or hashed
    return splits


def hashed_split(key: str, params: SplitParams) -> Split:
    """Return the split whose share of [0, 1) the salted hash of `key` falls into."""
    digest = hashlib.sha256(f"{params.salt}\n{key}".encode()).digest()
    position = (int.from_bytes(digest[:8]) >> (64 - _POSITION_BITS)) / 2**_POSITION_BITS
    if position < params.train:
        return "train"
    return "val" if position < params.train + params.val else "test"
