"""One pass over a source: every image is read, checked by itself and settled; what the set-wide checks need is kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from headway.contracts.dataset import Split
from headway.contracts.params.prepare import GroupParams
from headway.data.boxes import check_boxes
from headway.data.findings import Findings
from headway.data.looks import check_looks, has_low_information
from headway.data.readers.files import place
from headway.data.scan import ImageFacts, Scanner
from headway.data.source import Source, SourceImage
from headway.ports import Progress


@dataclass(frozen=True, slots=True)
class Seen:
    """What is kept of an image after it was looked at: one compact row.

    Attributes:
        image_id: unique within the source.
        file: the image file, relative to the source's root.
        sha256: of its bytes.
        perceptual_hash, average_hash: 64 bits each; None for an image with too little in it to be told from others.
        mode: colour mode.
        given: the split that the source gives.
        session: capture session, when known.
        boxes: number of boxes of each class.
        width, height: of the upright image, in pixels.
    """

    image_id: str
    file: str
    sha256: str
    perceptual_hash: int | None
    average_hash: int | None
    mode: str
    given: Split | None
    session: str | None
    boxes: tuple[tuple[str, int], ...]
    width: int = 0
    height: int = 0


@dataclass
class Survey:
    """Goes through a source once; `seen` is complete when the images have been consumed."""

    source: Source
    scanner: Scanner
    findings: Findings
    groups: GroupParams
    seen: list[Seen] = field(default_factory=list)

    def images(self, progress: Progress) -> Iterator[tuple[SourceImage, ImageFacts]]:
        """Yield every image that the policies keep, its bad rows dropped, with its facts."""
        session = re.compile(self.groups.session) if self.groups.session else None
        found = progress(self.scanner.scan(self.source.images), label="checking images", total=self.source.total)
        for image, facts in found:
            file = place(image.path, self.source.root)
            problems = [*image.problems, *check_looks(image, facts, file)]
            if facts.damage is None:
                problems += check_boxes(image, facts.width, facts.height)
            kept = self.findings.settle(image, problems)
            if kept is None or facts.damage is not None:
                continue
            self.seen.append(_seen(kept, facts, file, session))
            yield kept, facts


def _seen(image: SourceImage, facts: ImageFacts, file: str, session: re.Pattern[str] | None) -> Seen:
    found = session.search(image.image_id) if session else None
    blank = has_low_information(facts)
    return Seen(
        image_id=image.image_id,
        file=file,
        sha256=facts.sha256,
        perceptual_hash=None if blank else facts.perceptual_hash,
        average_hash=None if blank else facts.average_hash,
        mode=facts.mode,
        given=image.split,
        session=image.group or (found.group(1) if found else None),
        boxes=tuple(sorted(Counter(box.class_name for box in image.boxes).items())),
        width=facts.width,
        height=facts.height,
    )
