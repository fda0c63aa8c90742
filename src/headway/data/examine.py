"""Everything that is found out about a source, in one order: images, copies, groups, splits, leaks, classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from headway.contracts.dataset import Split
from headway.contracts.params.prepare import PrepareParams
from headway.contracts.problem import Problem
from headway.data.classes import check_registry
from headway.data.copies import check_copies, check_leaks, group_images
from headway.data.coverage import check_coverage
from headway.data.findings import Findings
from headway.data.outliers import check_outliers
from headway.data.scan import ImageFacts, Scanner
from headway.data.source import Source, SourceImage
from headway.data.split import Assignment, Member, assign_splits, find_leaks
from headway.data.survey import Seen, Survey
from headway.ports import Progress

Take = Callable[[SourceImage, ImageFacts], None]


@dataclass(frozen=True)
class Records:
    """What Git remembers of a data set.

    Attributes:
        registry: class names by id; None for a source that has no registry yet.
        ledger: split by SHA-256 of the image.
    """

    registry: tuple[str, ...] | None
    ledger: Mapping[str, Split]


@dataclass(frozen=True)
class Examination:
    """What was found out; the problems are in `Findings`.

    Attributes:
        source: as it was opened.
        classes: class names in the order of their ids: the registry's, else the source's, else sorted.
        seen: every image that the policies keep.
        groups: key of the group that each image id belongs to.
        splits: split of each image id; quarantined images have none.
        assignment: how the splits came about, and what the ledger lacks.
    """

    source: Source
    classes: tuple[str, ...]
    seen: tuple[Seen, ...]
    groups: Mapping[str, str]
    splits: Mapping[str, Split]
    assignment: Assignment


def examine(
    source: Source,
    params: PrepareParams,
    records: Records,
    scanner: Scanner,
    findings: Findings,
    progress: Progress,
    *,
    take: Take = lambda _image, _facts: None,
) -> Examination:
    """Look at every image of `source`, note everything that is wrong in `findings`, and assign splits.

    `take` gets each image that the policies keep, as it comes. Of each image one compact row stays (`Seen`), no boxes.

    Raises:
        OSError: something cannot be read.
    """
    survey = Survey(source, scanner, findings, params.group)
    for image, facts in survey.images(progress):
        take(image, facts)
    _check_ids(survey.seen, findings)
    dropped = findings.note([*check_copies(survey.seen, params.group), *check_outliers(survey.seen)])
    seen = [one for one in survey.seen if one.image_id not in dropped]
    groups = group_images(seen, params.group)
    assignment = assign_splits(_members(seen, groups), records.ledger, params)
    unwanted = findings.note([*assignment.problems, *_leaks_to_repair(seen, records, params)])
    splits = {image_id: split for image_id, split in assignment.splits.items() if image_id not in unwanted}
    settled = tuple(one for one in seen if one.image_id in splits)
    findings.note(check_leaks(settled, splits, params.group))
    classes = _settle_classes(source, settled, records.registry, findings)
    findings.note(check_coverage(settled, splits, classes, params.min_boxes))
    return Examination(source, classes, settled, groups, splits, assignment)


def _check_ids(seen: Sequence[Seen], findings: Findings) -> None:
    counts = Counter(one.image_id for one in seen)
    for image_id, count in counts.items():
        if count > 1:
            files = sorted(one.file for one in seen if one.image_id == image_id)
            message = f"{count} images have the id {image_id!r}: {', '.join(files)}; rename all but one"
            findings.add("image-id-clash", message, files[0])


def _members(seen: Sequence[Seen], groups: Mapping[str, str]) -> list[Member]:
    return [Member(one.image_id, one.sha256, groups[one.image_id], one.given, one.boxes, one.file) for one in seen]


def _leaks_to_repair(seen: Sequence[Seen], records: Records, params: PrepareParams) -> list[Problem]:
    """Return, for `repair`, the images that leak between the ledger's own splits: a new image takes none away."""
    if params.given_splits != "repair":
        return []
    known = [one for one in seen if one.sha256 in records.ledger]
    return find_leaks(_members(known, group_images(known, params.group)), records.ledger)


def _settle_classes(
    source: Source, seen: Sequence[Seen], registry: tuple[str, ...] | None, findings: Findings
) -> tuple[str, ...]:
    found = {name for one in seen for name, _ in one.boxes}
    if registry is not None:
        check_registry(registry, source.classes, found, findings)
        return registry
    classes = source.classes or tuple(sorted(found))
    check_registry(classes, source.classes, found, findings)
    return classes
