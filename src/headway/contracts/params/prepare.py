"""The `prepare` section: which data, and how it is split."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from headway.contracts.params.document import Section

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class SplitParams(Section):
    """Shares of images that a source without splits of its own is divided into; they sum to 1."""

    train: Share = 0.7
    val: Share = 0.15
    test: Share = 0.15
    salt: str = "headway"
    """Text that is hashed with each image: another salt gives another, equally stable division."""

    @model_validator(mode="after")
    def _sum_to_one(self) -> SplitParams:
        total = self.train + self.val + self.test
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"train + val + test must be 1, not {total:g}")
        if min(self.train, self.val, self.test) <= 0:
            raise ValueError("train, val and test must each be above 0: every one of them is needed")
        return self


class PrepareParams(Section):
    """Which data set is prepared, and how."""

    source: Annotated[str, Field(min_length=1)] = "data/shelves.yaml"
    """Folder or file of the data set; shelves.yaml describes the embedded scene generator."""
    format: Literal["auto", "shelves", "yolo", "voc"] = "auto"
    """How `source` is read; auto looks at what lies there."""
    given_splits: bool = True
    """Honour the splits that the source brings; false divides all images anew."""
    split: SplitParams = SplitParams()
    """Division of a source without splits; a missing split is taken from the images of train."""
    bad_boxes: Literal["fail", "drop"] = "fail"
    """Boxes of no area or outside their image: stop with a list of them, or leave them out and report each."""
