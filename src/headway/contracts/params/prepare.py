"""The `prepare` section: which data, what may be wrong with it, and how it is split."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from headway.contracts.params.document import Section
from headway.contracts.problems import KINDS, Policy

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Format = Literal[
    "auto", "shelves", "records", "yolo", "ndjson", "coco", "voc", "csv", "cvat", "labelme", "openimages", "via"
]


class SplitParams(Section):
    """Shares of images that a source without splits of its own is divided into; they sum to 1."""

    train: Share = 0.7
    val: Share = 0.15
    test: Share = 0.15
    salt: str = "headway"
    """Text that is hashed with each group: another salt gives another, equally stable division."""

    @model_validator(mode="after")
    def _sum_to_one(self) -> SplitParams:
        total = self.train + self.val + self.test
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"train + val + test must be 1, not {total:g}")
        if min(self.train, self.val, self.test) <= 0:
            raise ValueError("train, val and test must each be above 0: every one of them is needed")
        return self


class GroupParams(Section):
    """Which images count as one and must stay in one split. Exact copies always do."""

    near_duplicate_bits: Annotated[int, Field(ge=0, le=16)] = 8
    """Images whose 64-bit perceptual hashes differ in at most so many bits belong together; 0 groups equal hashes."""
    augmented_copies: bool = True
    """Whether the copies that Roboflow makes of one photo (`NAME.rf.DIGITS`) belong together."""
    session: str = ""
    """Regular expression searched in image ids; what its first group matches names the capture session. Empty: none."""

    @field_validator("session")
    @classmethod
    def _one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression ({error})") from error
        if pattern and groups < 1:
            raise ValueError(f"{pattern!r} needs a (group) that names the session")
        return pattern


class PrepareParams(Section):
    """Which data set is prepared, and how."""

    source: Annotated[str, Field(min_length=1)] = "data/shelves.yaml"
    """Folder or file of the data set; shelves.yaml describes the embedded scene generator."""
    format: Format = "auto"
    """How `source` is read; auto looks at what lies there."""
    classes: Annotated[str, Field(min_length=1)] = "data/shelves.classes.yaml"
    """Registry of class ids: append-only, kept in Git."""
    ledger: Annotated[str, Field(min_length=1)] = "data/shelves.splits.csv"
    """Which split each image was given: append-only, kept in Git, written by `headway data split`."""
    given_splits: Literal["honour", "repair", "ignore"] = "honour"
    """Splits that the source brings: kept and their leaks reported; kept without the copies that leak; or set aside."""
    split: SplitParams = SplitParams()
    """Division of a source without splits; a missing split is taken from the images of train."""
    group: GroupParams = GroupParams()
    """Which images stay together."""
    policy: dict[str, Policy] = {}
    """What to do about a kind of problem, by its code: fail, drop or keep. Others keep their default."""
    min_boxes: Annotated[int, Field(ge=1)] = 10
    """A class with fewer boxes in val or in test counts as too rare to score."""
    licence: str = ""
    """Licence of the data, for the data set card; empty: what the source says."""
    origin: str = ""
    """Where the data comes from, for the data set card; empty: what the source says."""

    @field_validator("policy")
    @classmethod
    def _known_codes(cls, policy: dict[str, Policy]) -> dict[str, Policy]:
        for code, wanted in policy.items():
            if code not in KINDS:
                raise ValueError(f"{code!r} is no kind of problem; `headway data codes` lists them")
            if wanted not in KINDS[code].allowed:
                raise ValueError(f"{code} can be {' or '.join(KINDS[code].allowed)}, not {wanted}")
        return policy
