"""The gate's answer: candidate against champion on the same images (`reports/verdict.json`).

It counts only for the lock, policy and champion that it names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from headway.contracts.atomic import write_text
from headway.contracts.canonical import readable_json
from headway.contracts.document import Document, Sha256
from headway.contracts.scorecard import LatencyStats, Number
from headway.errors import INCONCLUSIVE, NO, YES, InputError

SCHEMA_VERSION: Literal[1] = 1

Decision = Literal["accept", "reject", "inconclusive"]
EXIT_CODES: dict[Decision, int] = {"accept": YES, "reject": NO, "inconclusive": INCONCLUSIVE}
Rule = Literal[
    "floor",
    "non-inferiority",
    "superiority",
    "class",
    "new-class",
    "slice",
    "speed",
    "size",
    "calibration",
    "test-set",
]


class Interval(Document):
    """An estimate and the bounds of its percentile interval."""

    estimate: Number
    low: Number
    high: Number


class Contender(Document):
    """One of the two models."""

    source: str
    """What was named: "working tree", a revision, a bundle's folder."""
    commit: str | None
    identity: Sha256 | None
    """Of its manifest; None where it has none."""
    model_sha256: Sha256
    size_bytes: int
    threshold: Number
    """Operating point: score from which its detections count."""


class JudgedSet(Document):
    """The images that both were scored on."""

    digest: Sha256
    """Over image hashes and labels of the test split."""
    images: int
    boxes: int
    groups: int | None
    """Groups that were drawn in place of images; None where no image is grouped."""
    changed: bool
    """Whether the champion had been scored on another test set, and was scored again for this comparison."""
    comparisons: int
    """Different candidates that were judged on this test set so far, this one included."""


class Statistics(Document):
    """How the intervals were made, and what this test set can show."""

    resamples: int
    seed: int
    alpha: Number
    """One-sided: an interval between low and high covers 1 - 2 alpha."""
    unit: Literal["image", "group"]
    standard_error: Number | None
    """Of the difference in the judged metric; None without a champion."""
    detectable_difference: Number | None
    """Smallest true difference that is found with 80 % power at `alpha`."""
    images_for_margin: int | None
    """Images that would show non-inferiority of an equal model with 80 % power."""


class Measured(Document):
    """One metric of both models."""

    metric: Literal["map50_95", "map50", "precision", "recall"]
    candidate: Interval | None
    champion: Interval | None
    difference: Interval | None
    """Candidate minus champion."""


class ClassComparison(Document):
    """One class in the judged metric; the bounds hold for all classes at once."""

    name: str
    boxes: int
    new: bool
    """The champion does not know this class."""
    judged: bool
    candidate: Number | None
    champion: Number | None
    difference: Interval | None
    candidate_recall: Number | None
    """At its operating point."""
    champion_recall: Number | None


class SliceComparison(Document):
    """One part of the test set in the judged metric; the bounds hold for all slices at once."""

    name: str
    images: int
    judged: bool
    candidate: Number | None
    champion: Number | None
    difference: Interval | None


class SpeedComparison(Document):
    """Both models timed by turns in one process."""

    hardware: str
    threads: int
    engine: str
    candidate: LatencyStats
    champion: LatencyStats
    ratio: Number
    """Candidate's median over champion's."""


class Finding(Document):
    """What one rule of the policy says."""

    rule: Rule
    subject: str
    """What it looked at, in plain text: "mAP50-95", "recall of Platelets"."""
    outcome: Literal["pass", "fail", "undecided"]
    sentence: str
    """Plain text with the figures; may hold names from the repository, so whoever renders it escapes it."""


class WorseImage(Document):
    """An image on which the candidate makes more errors than the champion, each at its operating point."""

    image_id: str
    candidate_missed: int
    candidate_false: int
    champion_missed: int
    champion_false: int


class Verdict(Document):
    """The gate's answer and everything that it rests on."""

    schema_version: Literal[1] = SCHEMA_VERSION
    decision: Decision
    summary: str
    """One sentence in plain text that a person can act on."""
    lock_sha256: Sha256 | None
    """Of the candidate's dvc.lock; None where the candidate is a bundle."""
    policy_sha256: Sha256
    model: str
    metric: Literal["map50_95", "map50"]
    margin: Number
    candidate: Contender
    champion: Contender | None
    test_set: JudgedSet
    statistics: Statistics
    findings: tuple[Finding, ...]
    measured: tuple[Measured, ...]
    classes: tuple[ClassComparison, ...]
    slices: tuple[SliceComparison, ...]
    speed: SpeedComparison | None
    calibration_error: tuple[Number | None, Number | None]
    """Expected calibration error of candidate and champion on the same images."""
    worse_images: tuple[WorseImage, ...]
    """At most 20, worst first."""
    notes: tuple[str, ...] = ()
    """What else the verdict rests on, in plain text: why there is no champion, where the policy comes from."""

    @property
    def exit_code(self) -> int:
        """0 accept, 1 reject, 4 inconclusive."""
        return EXIT_CODES[self.decision]


def write_verdict(path: Path, verdict: Verdict) -> None:
    """Write the verdict, whole or not at all.

    One line of it is the lock's digest: two branches that were both retrained cannot be merged without a conflict.
    """
    write_text(path, readable_json(verdict.model_dump(mode="json")))


def read_verdict(path: Path) -> Verdict:
    """Read and validate a verdict.

    Raises:
        InputError: the file is missing or does not follow this schema.
    """
    try:
        return parse_verdict(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist", hint="run: headway gate") from error


def parse_verdict(content: bytes, name: str) -> Verdict:
    """Validate a verdict that was read elsewhere; `name` is for messages.

    Raises:
        InputError: it does not follow this schema.
    """
    try:
        return Verdict.model_validate(json.loads(content))
    except (ValueError, ValidationError, RecursionError) as error:
        raise InputError(
            f"{name} is no verdict of schema {SCHEMA_VERSION}: {error}", hint="run: headway gate"
        ) from error
