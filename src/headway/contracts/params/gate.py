"""The `gate` section: what a candidate must show before it may be merged. Read from the base branch."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from headway.contracts.params.document import Section

BUILT_IN_SLICES = ("small objects", "crowded")
"""Slices that every test set has; see evaluation/slices.py."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return pattern


def _is_free(name: str) -> str:
    if name in BUILT_IN_SLICES:
        raise ValueError(f"{name!r} is a slice that is always there; take another name")
    return name


Share = Annotated[float, Field(ge=0.0, le=1.0)]
Pattern = Annotated[str, AfterValidator(_compiles)]
SliceName = Annotated[str, Field(min_length=1), AfterValidator(_is_free)]


class Floors(Section):
    """Least values of the candidate on the test split, whatever the champion does. Held against the estimate."""

    map50_95: Share | None = None
    map50: Share | None = None
    precision: Share | None = None
    """At the operating point."""
    recall: Share | None = None
    """At the operating point."""
    class_map50_95: Share | None = None
    """Of every class with at least `classes.min_boxes` boxes."""
    class_recall: Share | None = None
    """At the operating point, of every class with at least `classes.min_boxes` boxes."""
    new_class_map50: Share | None = None
    """Of every class that the champion does not know."""


class ClassRules(Section):
    """Regressions of single classes; bounds hold for all classes at once."""

    margin: Share = 0.05
    """A class is worse when its AP (of `metric`) is shown to have fallen by more than this."""
    min_boxes: Annotated[int, Field(ge=1)] = 20
    """Classes with fewer boxes on test are shown, not judged."""
    may_drop: bool = False
    """Whether a candidate may lack a class that the champion knows."""


class SliceRules(Section):
    """Regressions on parts of the test set; bounds hold for all slices at once."""

    margin: Share = 0.05
    """A slice is worse when its mAP is shown to have fallen by more than this."""
    min_images: Annotated[int, Field(ge=2)] = 20
    """Slices with fewer images are shown, not judged."""
    patterns: dict[SliceName, Pattern] = {}
    """Name -> regular expression that is searched in the image id, for example `night: ^night/`."""


class SpeedRules(Section):
    """Latency budgets at batch 1."""

    ratio: Annotated[float, Field(gt=0.0)] | None = 1.25
    """Candidate's median over the champion's, both timed by turns in one process."""
    p95_ms: Annotated[float, Field(gt=0.0)] | None = None
    """Budget of the candidate; counts only where `hardware` is what measured it."""
    hardware: str | None = None
    """Hardware that `p95_ms` speaks of, as in reports/latency.json; measured elsewhere the budget is undecided."""

    @model_validator(mode="after")
    def _names_its_hardware(self) -> SpeedRules:
        if self.p95_ms is not None and self.hardware is None:
            raise ValueError("p95_ms needs hardware beside it: a budget in milliseconds means one machine")
        return self


class SizeRules(Section):
    """Budgets for the ONNX file."""

    mib: Annotated[float, Field(gt=0.0)] | None = None
    ratio: Annotated[float, Field(gt=0.0)] | None = None
    """Candidate over champion."""


class CalibrationRules(Section):
    """Budgets for the expected calibration error."""

    at_most: Share | None = None
    rise: Share | None = None
    """By how much it may exceed the champion's, both on the same images."""


class JudgedSetRules(Section):
    """What the comparison asks of the test set."""

    min_images: Annotated[int, Field(ge=1)] = 1
    may_change: bool = True
    """Whether a pull request may change the test set. If so, both models are scored on the new one."""


class GateParams(Section):
    """What a candidate must show."""

    metric: Literal["map50_95", "map50"] = "map50_95"
    margin: Share = 0.02
    """Non-inferiority: the candidate passes when it is shown to be less than this worse than the champion."""
    superiority: bool = False
    """Ask for more: the candidate must be shown to be better."""
    alpha: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.05
    """Chance of a false accept at the margin (one-sided), and of a false alarm over all classes, over all slices."""
    resamples: Annotated[int, Field(ge=1000)] = 2000
    seed: Annotated[int, Field(ge=0)] = 0
    floors: Floors = Floors()
    classes: ClassRules = ClassRules()
    slices: SliceRules = SliceRules()
    speed: SpeedRules = SpeedRules()
    size: SizeRules = SizeRules()
    calibration: CalibrationRules = CalibrationRules()
    test_set: JudgedSetRules = JudgedSetRules()
