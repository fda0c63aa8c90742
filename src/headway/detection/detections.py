"""What a detector found in one image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Detections:
    """Objects found in one image, by falling score.

    Attributes:
        boxes: (n, 4) float32, corners x_min, y_min, x_max, y_max in pixels of the upright image.
        scores: (n,) float32 in [0, 1].
        class_ids: (n,) int64, positions in the model's class list.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    class_ids: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.scores)

    def above(self, threshold: float) -> Detections:
        """Return the detections with a score of at least `threshold`."""
        kept = self.scores >= threshold
        return Detections(self.boxes[kept], self.scores[kept], self.class_ids[kept])
