"""The sets that the bench reads must be what its notes say: all different, sound, and equal from run to run."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from bench.data_files import BOXES, CLASSES, draw_image, draw_labels, write_data_yaml, write_dataset
from PIL import Image

SIZE = (64, 48)


def test_equal_numbers_give_equal_files_and_others_differ() -> None:
    assert draw_image(7, SIZE) == draw_image(7, SIZE)
    assert 50 == len({draw_image(number, SIZE) for number in range(50)})
    assert 50 == len({draw_labels(number) for number in range(50)})


def test_no_two_images_look_alike() -> None:
    """Otherwise the set-wide checks would find copies, and the bench would time the reporting of them."""
    greys = [Image.open(io.BytesIO(draw_image(number, SIZE))).convert("L").resize((8, 8)) for number in range(100)]
    bits = np.array([np.asarray(grey) > np.asarray(grey).mean() for grey in greys]).reshape(100, 64)
    distances = (bits[:, None] != bits[None]).sum(axis=2)[np.triu_indices(100, 1)]
    assert distances.min() > 8


def test_every_box_lies_inside_its_image() -> None:
    rows = [row.split() for number in range(50) for row in draw_labels(number).splitlines()]
    values = np.array(rows, dtype=float)
    assert 50 * BOXES == len(rows)
    assert set(values[:, 0]) <= set(range(len(CLASSES)))
    assert (values[:, 1:3] - values[:, 3:] / 2).min() > -1e-6
    assert (values[:, 1:3] + values[:, 3:] / 2).max() < 1 + 1e-6


def test_every_image_has_its_labels_in_the_folders_that_data_yaml_names(tmp_path: Path) -> None:
    write_dataset(tmp_path, ["a", "b"], 3, SIZE, first=10)
    write_data_yaml(tmp_path / "data.yaml", ["a", "b"])
    images = sorted(path.relative_to(tmp_path / "images").as_posix() for path in tmp_path.glob("images/*/*.jpg"))
    labels = sorted(path.relative_to(tmp_path / "labels").as_posix() for path in tmp_path.glob("labels/*/*.txt"))
    assert ["a/000010.jpg", "a/000011.jpg", "a/000012.jpg", "b/000013.jpg", "b/000014.jpg", "b/000015.jpg"] == images
    assert [name.replace(".jpg", ".txt") for name in images] == labels
    assert "- images/b\n" in (tmp_path / "data.yaml").read_text()
