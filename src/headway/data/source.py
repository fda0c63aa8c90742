"""What a reader hands over: the images and labels of a source, before anything is checked or split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headway.contracts.dataset import Box, Split


@dataclass(frozen=True)
class SourceImage:
    """One image of the source and its labels, nothing rounded or dropped."""

    image_id: str
    """Unique within the source: path below the image folder, without suffix, "/"-separated."""
    path: Path
    """Where the image file lies; it is read, never written."""
    boxes: tuple[Box, ...]
    box_places: tuple[str, ...]
    """For each box where it is written ("labels/a.txt:3"), for messages."""
    split: Split | None
    """The split that the source gives, or None."""
    group: str | None = None
    """Capture session or scene, when the source knows it."""


@dataclass(frozen=True)
class Source:
    """A data set as its reader found it.

    Attributes:
        format: "shelves", "yolo" or "voc".
        classes: class names in the order of their ids.
        images: every image, by image id.
        problems: things the reader noticed that are no reason to stop ("image without a label file: ...").
        root: folder that box places and problems are relative to; None where they name no files.
    """

    format: str
    classes: tuple[str, ...]
    images: tuple[SourceImage, ...]
    problems: tuple[str, ...] = ()
    root: Path | None = None
