"""The pictures of the model card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import ImageRecord
from headway.contracts.manifest import CARD_FOLDER
from headway.detection.average_precision import RECALL_LEVELS, precision_at_recall, rank
from headway.detection.letterbox import Placement, letterbox
from headway.detection.matching import Labels
from headway.packaging.sources import Sources
from headway.ports import DrawDetections, EncodeImage, ImageReader, Plotter

_TILE = 640
_TILES = 6
_GAP = 8
_WHITE = 255
_MATCH_IOU = np.array([0.5])


def draw_pictures(
    sources: Sources,
    samples: Sequence[ImageRecord],
    *,
    plotter: Plotter,
    read_image: ImageReader,
    draw: DrawDetections,
    encode: EncodeImage,
) -> Iterator[tuple[str, str, bytes]]:
    """Yield title, path in the bundle and content of each picture.

    Args:
        sources: the results to show.
        samples: test images to show with what was found in them; the first few are taken.
        plotter: draws the plots.
        read_image, draw, encode: make the sheet of samples.
    """
    card = sources.scorecard
    tiles = [
        _tile(read_image(sources.dataset.image_path(sample)), sources, sample, draw) for sample in samples[:_TILES]
    ]
    yield "What it finds", f"{CARD_FOLDER}/samples.jpg", encode(_sheet(tiles), ".jpg")
    curves = plotter.plot_precision_recall(RECALL_LEVELS, _curves(sources), card.operating_point)
    yield "Precision and recall", f"{CARD_FOLDER}/precision_recall.png", curves
    yield "Classes", f"{CARD_FOLDER}/classes.png", plotter.plot_classes(card.per_class)
    yield "Reliability", f"{CARD_FOLDER}/reliability.png", plotter.plot_reliability(card.calibration)
    if card.slices:
        yield "Robustness", f"{CARD_FOLDER}/robustness.png", plotter.plot_robustness(card.slices)


def _curves(sources: Sources) -> dict[str, NDArray[np.float64]]:
    """Return class name -> precision at RECALL_LEVELS, of the classes with labels."""
    records, classes = sources.test_images, sources.dataset.classes
    found = [sources.found[record.image_id] for record in records]
    labels = [_labels(record, sources) for record in records]
    curves = precision_at_recall(rank(found, labels, len(classes), iou_thresholds=_MATCH_IOU))[0]
    return {name: curve for name, curve in zip(classes, curves, strict=True) if not np.isnan(curve).any()}


def _labels(record: ImageRecord, sources: Sources) -> Labels:
    boxes = [(box.x_min, box.y_min, box.x_max, box.y_max) for box in record.boxes]
    ids = [sources.dataset.class_id(box.class_name) for box in record.boxes]
    return Labels(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.array(ids, dtype=np.int64))


def _tile(
    image: NDArray[np.uint8], sources: Sources, sample: ImageRecord, draw: DrawDetections
) -> tuple[NDArray[np.uint8], Placement]:
    """Return the image with its detections in a square, and where it lies there."""
    found = sources.found[sample.image_id].above(sources.threshold)
    return letterbox(draw(image, found, sources.dataset.classes), _TILE)


def _sheet(tiles: Sequence[tuple[NDArray[np.uint8], Placement]]) -> NDArray[np.uint8]:
    """Return tiles in rows of two or three, white between them, without the padding that all of them share."""
    placements = [placement for _, placement in tiles]
    rows = slice(min(place.top for place in placements), max(place.top + place.scaled_height for place in placements))
    columns = slice(
        min(place.left for place in placements), max(place.left + place.scaled_width for place in placements)
    )
    gap = ((0, _GAP), (0, _GAP), (0, 0))
    framed = [np.pad(square[rows, columns], gap, constant_values=_WHITE) for square, _ in tiles]
    across = min(len(tiles), 2 if len(tiles) <= 4 else 3)
    framed += [np.full_like(framed[0], _WHITE)] * (-len(tiles) % across)
    return np.vstack([np.hstack(framed[start : start + across]) for start in range(0, len(framed), across)])
