"""Which problems a contact sheet shows, and with which images. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.data.source import SourceImage
from headway.ports import Picture

SHOWN_EXAMPLES = 12
_SHOWN_TOGETHER = 3
"""Images of one problem that are shown side by side."""


def choose_examples(problems: Iterable[Problem]) -> list[Problem]:
    """Return the first problems that an image can show, at most one an image and SHOWN_EXAMPLES in all."""
    chosen: dict[tuple[str, ...], Problem] = {}
    for problem in problems:
        ids = image_ids_of(problem)
        if ids:
            chosen.setdefault(ids, problem)
        if len(chosen) == SHOWN_EXAMPLES:
            break
    return list(chosen.values())


def image_ids_of(problem: Problem) -> tuple[str, ...]:
    """Return the ids of the images to show for a problem; none where it concerns no image."""
    own = () if problem.image_id is None else (problem.image_id,)
    return (*own, *(other for other in problem.others if other not in own))[:_SHOWN_TOGETHER]


def make_examples(
    problems: Sequence[Problem], images: Mapping[str, SourceImage], detected: Mapping[Problem, Box]
) -> list[tuple[Picture, ...]]:
    """Return the images of each problem, side by side; problems whose images are not known are left out.

    Args:
        problems: what `choose_examples` gave.
        images: by id, with every row that their reader could read as a box.
        detected: a box to be marked beside the labels, where a problem is about one.
    """
    examples = []
    for problem in problems:
        shown = [images[image_id] for image_id in image_ids_of(problem) if image_id in images]
        pictures = tuple(_picture(image, problem, detected.get(problem)) for image in shown)
        if pictures:
            examples.append(pictures)
    return examples


def _picture(image: SourceImage, problem: Problem, detected: Box | None) -> Picture:
    if image.image_id != problem.image_id:
        return Picture(image.image_id, image.path, image.boxes)
    bad = (problem.box,) if problem.box is not None else ()
    if detected is None:
        return Picture(image.image_id, image.path, image.boxes, bad)
    return Picture(image.image_id, image.path, (*image.boxes, detected), (*bad, len(image.boxes)))
