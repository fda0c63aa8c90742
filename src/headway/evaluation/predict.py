"""Runs a detector over images; decoding and letterboxing go on in a thread while it computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headway.contracts.dataset import ImageRecord
from headway.detection.detections import Detections
from headway.detection.detector import prepare_batch, read_rows
from headway.detection.letterbox import Placement
from headway.ports import Progress, Runtime

Item = TypeVar("Item")
Result = TypeVar("Result")
LoadImage = Callable[[ImageRecord], NDArray[np.uint8]]

_BATCHES_AHEAD = 2


def predict(
    runtime: Runtime,
    records: Sequence[ImageRecord],
    load_image: LoadImage,
    *,
    batch: int,
    progress: Progress,
    label: str,
) -> list[Detections]:
    """Find objects in the image of every record, in order.

    Args:
        runtime: the model.
        records: the images.
        load_image: gives a record's pixels, (height, width, 3) uint8 RGB; called from another thread.
        batch: images per inference call.
        progress: shows how far it is.
        label: what `progress` calls it.

    Raises:
        InputError: an image cannot be read.
    """
    found = _predict_each(runtime, records, load_image, batch)
    return list(progress(found, label=label, total=len(records)))


def _predict_each(
    runtime: Runtime, records: Sequence[ImageRecord], load_image: LoadImage, batch: int
) -> Iterator[Detections]:
    def prepare(group: Sequence[ImageRecord]) -> tuple[NDArray[np.float32], list[Placement]]:
        return prepare_batch([load_image(record) for record in group], runtime.input_size)

    for pixels, placements in _ahead(prepare, _groups(records, batch)):
        yield from read_rows(runtime.run(pixels), placements)


def _groups(records: Sequence[ImageRecord], size: int) -> Iterator[Sequence[ImageRecord]]:
    remaining = iter(records)
    while group := list(islice(remaining, size)):
        yield group


def _ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function` of every item, in order; a thread stays up to _BATCHES_AHEAD of them ahead."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        pending: deque[Future[Result]] = deque()
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > _BATCHES_AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
