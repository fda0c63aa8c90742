"""Feeds Headway's records to Ultralytics' loaders, so that its own scanner never sees the folder.

That scanner drops an image for one bad row, keeps boxes of no area, rewrites
JPEGs in place and leaves `*.cache` files beside the data.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from ultralytics.data.dataset import YOLODataset

from headway.contracts.dataset import ImageRecord, PreparedDataset, Split


class RecordsDataset(YOLODataset):
    """Ultralytics' data set with labels from a prepared data set; images are only read.

    `data` holds, beside Ultralytics' keys, "prepared" (a `PreparedDataset`) and
    "scratch" (a folder for decoded images when `cache: disk` is asked for).
    """

    data: dict[str, Any]

    @property
    def npy_files(self) -> list[Path]:
        """Decoded images of `cache: disk`, kept out of the data folder."""
        return self._npy_files

    @npy_files.setter
    def npy_files(self, beside_images: list[Path]) -> None:
        folder = Path(self.data["scratch"]) / str(self.img_path)
        folder.mkdir(parents=True, exist_ok=True)
        self._npy_files = [folder / path.name for path in beside_images]

    @cached_property
    def _records(self) -> tuple[ImageRecord, ...]:
        prepared: PreparedDataset = self.data["prepared"]
        return prepared.split(cast("Split", self.img_path))  # Ultralytics' name for what selects the images

    def get_img_files(self, img_path: str) -> list[str]:
        """Return the image files of the split named `img_path`, the first `fraction` of them."""
        self.img_path = img_path
        count = len(self._records)
        kept = self.fraction if isinstance(self.fraction, int) else max(1, round(count * self.fraction))
        prepared: PreparedDataset = self.data["prepared"]
        return [str(prepared.image_path(record)) for record in self._records[: min(kept, count)]]

    def get_labels(self) -> list[dict[str, Any]]:
        """Return the labels of those images in Ultralytics' form (normalised centre, width, height)."""
        prepared: PreparedDataset = self.data["prepared"]
        return [self._label(prepared, file, record) for file, record in zip(self.im_files, self._records, strict=False)]

    def _label(self, prepared: PreparedDataset, file: str, record: ImageRecord) -> dict[str, Any]:
        class_ids = [[prepared.class_id(box.class_name)] for box in record.boxes]
        return {
            "im_file": file,
            "shape": (record.height, record.width),
            "cls": np.array(class_ids, dtype=np.float32).reshape(-1, 1),
            "bboxes": _normalised(record),
            "segments": [],
            "keypoints": None,
            "normalized": True,
            "bbox_format": "xywh",
        }

    def forget_images(self) -> None:
        """Empty the buffer that mosaics draw from, so that an epoch does not depend on the one before."""
        for index in self.buffer:
            self.ims[index] = self.im_hw0[index] = self.im_hw[index] = None
        self.buffer.clear()


def _normalised(record: ImageRecord) -> NDArray[np.float32]:
    corners = np.array([[box.x_min, box.y_min, box.x_max, box.y_max] for box in record.boxes]).reshape(-1, 4)
    centres_and_sizes = np.hstack([(corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]])
    size = [record.width, record.height]
    normalised: NDArray[np.float32] = (centres_and_sizes / [*size, *size]).astype(np.float32)
    return normalised
