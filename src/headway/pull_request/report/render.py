"""Puts a report together. Equal facts give equal bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from headway.pull_request.report.budget import LONGEST_BYTES, Rank, Report, Section, assemble
from headway.pull_request.report.curves import precision_recall, training_curves
from headway.pull_request.report.differences import differences
from headway.pull_request.report.facts import Facts
from headway.pull_request.report.images import worse_images
from headway.pull_request.report.judgement import judgement
from headway.pull_request.report.provenance import provenance
from headway.pull_request.report.scores import classes, metrics, robustness, slices
from headway.pull_request.report.speed import speed

_SECTIONS: tuple[tuple[str, Rank, Callable[[Facts], Iterator[str]]], ...] = (
    ("verdict", Rank.VERDICT, judgement),
    ("what changed", Rank.CHANGES, differences),
    ("metrics", Rank.METRICS, metrics),
    ("classes", Rank.CLASSES, classes),
    ("slices", Rank.SLICES, slices),
    ("latency and size", Rank.SPEED, speed),
    ("images", Rank.IMAGES, worse_images),
    ("robustness", Rank.ROBUSTNESS, robustness),
    ("precision and recall", Rank.PRECISION_RECALL, precision_recall),
    ("training curves", Rank.CURVES, training_curves),
    ("provenance", Rank.PROVENANCE, provenance),
)
"""In the order of the page."""


def render(facts: Facts, longest_bytes: int = LONGEST_BYTES) -> Report:
    """Return the report for a pull request, at most `longest_bytes` long."""
    sections = [Section(name, rank, tuple(write(facts))) for name, rank, write in _SECTIONS]
    return assemble(sections, longest_bytes)
