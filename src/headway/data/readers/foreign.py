"""Formats that a general library reads: CVAT, LabelMe, Open Images, VIA. Boxes come without lines."""

from __future__ import annotations

from pathlib import Path

from headway.data.findings import Findings
from headway.data.readers.files import place
from headway.data.readers.gathering import Gathering
from headway.data.source import Source
from headway.ports import ReadForeign


def read_foreign_source(path: Path, format: str, *, read: ReadForeign, findings: Findings) -> Source:
    """Read labels with `read`, and find their images below the folder of `path`.

    An image is looked for beside the file that labels it, in `images`, and then by its name anywhere below. Classes
    have no ids.

    Raises:
        InputError: the labels cannot be read; a general library tells of the first fault only.
        OSError: a folder cannot be listed.
    """
    root = path if path.is_dir() else path.parent
    gathering = Gathering(root, findings)
    for image in read(path, format):
        labels, folder = place(image.labels, root), place(image.labels.parent, root)
        listed = gathering.take(image.file, (folder, ".", f"{folder}/images", "images"), labels, 1, None)
        if listed is not None:
            for box in image.boxes:
                listed.add(box, 0)
            for code, message, index in image.faults:
                listed.report(code, message, None, index)
    images = tuple(gathering.images(whole=True))
    return Source(format, root, (), images, len(images))
