"""What a reader hands over: the images and labels of a source, before anything is decided about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from headway.contracts.dataset import Box, Split
from headway.contracts.problem import Problem


@dataclass(frozen=True, slots=True)
class SourceImage:
    """One image of the source and its labels, nothing rounded or dropped.

    Attributes:
        image_id: unique within the source: path below the image folder, without suffix, "/"-separated.
        path: where the image file lies; it is read, never written.
        boxes: every row that can be read as a box, also a bad one; `problems` say which and why.
        labels: file that the labels are written in, relative to the source's root; None where there is none.
        lines: for each box its line in `labels`; 0 where the line is not known.
        split: the split that the source gives, or None.
        group: capture session or scene, when the source knows it.
        sha256: digest that the source says the image has, where it does.
        problems: what is wrong with this image's labels, as far as the reader can tell.
    """

    image_id: str
    path: Path
    boxes: tuple[Box, ...] = ()
    labels: str | None = None
    lines: tuple[int, ...] = ()
    split: Split | None = None
    group: str | None = None
    sha256: str | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Source:
    """A data set as its reader opened it.

    Attributes:
        format: name of the format, one of `contracts.params.prepare.Format` but "auto".
        root: folder that files in problems and `SourceImage.labels` are relative to.
        classes: class names in the order of the ids that the source gives them; empty where it gives none.
        images: every image, by image id. It may be a generator: one pass, and what the reader finds out about the
            set as a whole is in its `Findings` only after that pass.
        total: how many images there are, where that is known beforehand.
        about: what the source says of itself: "licence", "origin", "description", "version".
    """

    format: str
    root: Path
    classes: tuple[str, ...]
    images: Iterable[SourceImage]
    total: int | None = None
    about: Mapping[str, str] = field(default_factory=dict)
