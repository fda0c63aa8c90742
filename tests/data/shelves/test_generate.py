from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import pytest

from headway.contracts.dataset import SPLITS
from headway.contracts.params.document import ParamsError
from headway.contracts.params.scene import SceneSpec
from headway.data.shelves import draw_picture, generate, read_spec
from headway.data.source import Source
from headway.errors import InputError

DEFAULT = Path(__file__).resolve().parents[3] / "data" / "shelves.yaml"
SMALL = "scene: {size: [128, 96], images: {train: 3, val: 1, test: 1}}\n"

DIGEST_OF_ONE = """
import hashlib
from headway.contracts.params.scene import SceneSpec
from headway.data.shelves import draw_picture
picture = draw_picture(SceneSpec(size=[128, 96]), "train", 2)
print(hashlib.sha256(picture.image.tobytes()).hexdigest(), picture.boxes)
"""


Item = TypeVar("Item")


def silent(items: Iterable[Item], *, label: str, total: int | None = None) -> Iterable[Item]:
    return items


def generated(folder: Path, text: str) -> Source:
    folder.mkdir()
    spec = folder / "shelves.yaml"
    spec.write_text(text, encoding="utf-8")
    return generate(spec, folder / "images", progress=silent)


def files_of(source: Source) -> dict[str, bytes]:
    return {image.image_id: image.path.read_bytes() for image in source.images}


def faults_of(folder: Path, text: str) -> list[tuple[int, str]]:
    spec = folder / "shelves.yaml"
    spec.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError) as caught:
        read_spec(spec)
    return [(fault.line, fault.key) for fault in caught.value.faults]


def test_equal_specs_give_equal_bytes_and_boxes(tmp_path: Path) -> None:
    one, two = generated(tmp_path / "one", SMALL), generated(tmp_path / "two", SMALL)
    assert files_of(one) == files_of(two)
    assert [image.boxes for image in one.images] == [image.boxes for image in two.images]


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_another_process_with_another_hash_seed_draws_the_same(hash_seed: str) -> None:
    here = draw_picture(SceneSpec(size=[128, 96]), "train", 2)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    there = subprocess.run([sys.executable, "-c", DIGEST_OF_ONE], env=environment, capture_output=True, text=True)
    assert f"{hashlib.sha256(here.image.tobytes()).hexdigest()} {here.boxes}\n" == there.stdout


def test_more_images_change_no_earlier_one(tmp_path: Path) -> None:
    few = generated(tmp_path / "few", SMALL)
    many = generated(tmp_path / "many", SMALL.replace("train: 3, val: 1", "train: 5, val: 2"))
    assert 8 == many.total
    assert files_of(few).items() <= files_of(many).items()


def test_every_image_of_every_split_and_seed_differs(tmp_path: Path) -> None:
    one = generated(tmp_path / "one", SMALL)
    two = generated(tmp_path / "two", SMALL.replace("scene: {", "scene: {seed: 8, "))
    assert 10 == len({*files_of(one).values(), *files_of(two).values()})


def test_an_image_has_its_place_split_and_one_line_for_each_box(tmp_path: Path) -> None:
    source = generated(tmp_path / "set", SMALL)
    first = next(iter(source.images))
    assert ("shelves", "train/0000", "train", None) == (source.format, first.image_id, first.split, first.group)
    assert tmp_path / "set" / "images" / "train" / "0000.jpg" == first.path
    assert len(first.boxes) == len(first.lines) > 0
    assert ("shelves.yaml", {0}) == (first.labels, set(first.lines))
    assert (tmp_path / "set", 5) == (source.root, source.total)


def test_views_of_one_scene_form_a_group(tmp_path: Path) -> None:
    images = list(generated(tmp_path / "set", SMALL.replace("scene: {", "scene: {views: 2, ")).images)
    assert ["train/scene-0000", "train/scene-0000", "train/scene-0001"] == [i.group for i in images[:3]]
    assert images[0].path.read_bytes() != images[1].path.read_bytes()


def test_the_default_file_states_the_defaults() -> None:
    assert SceneSpec() == read_spec(DEFAULT)


@pytest.mark.parametrize("split", SPLITS)
def test_every_class_is_in_every_split_of_the_default(split: str) -> None:
    spec = read_spec(DEFAULT)
    first = [draw_picture(spec, name, index) for name in SPLITS if name == split for index in range(8)]
    assert set(spec.classes) == {box.class_name for picture in first for box in picture.boxes}


def test_only_the_products_of_the_spec_are_drawn() -> None:
    spec = SceneSpec(size=[128, 96], products=["can", "bag"])
    boxes = [box for index in range(6) for box in draw_picture(spec, "train", index).boxes]
    assert {"can", "bag"} == {box.class_name for box in boxes}


def test_every_fault_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    text = """\
sceen: {}
scene:
  seed: -1
  size: [320, 120]
  products: [can, tin]
  drift:
    brightnes: 2.0
    density: 9
"""
    expected = [
        (1, "sceen"),
        (3, "scene.seed"),
        (4, "scene.size"),
        (5, "scene.products.1"),
        (7, "scene.drift.brightnes"),
        (8, "scene.drift.density"),
    ]
    assert expected == faults_of(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("scene:\n  products: []\n", 2, "scene.products"),
        ("scene:\n  products: [can, jar, can]\n", 2, "scene.products"),
        ("scene:\n  seed: 1\n  images: {train: 0, val: 0, test: 0}\n", 3, "scene.images"),
        ("scene:\n  drift:\n    label_new_product: true\n", 2, "scene.drift"),
        ("scene:\n  size: [320]\n", 2, "scene.size"),
    ],
)
def test_an_impossible_spec_is_refused_at_its_line(tmp_path: Path, text: str, line: int, key: str) -> None:
    assert [(line, key)] == faults_of(tmp_path, text)


def test_a_missing_spec_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.yaml does not exist"):
        generate(tmp_path / "absent.yaml", tmp_path / "images", progress=silent)


def test_nothing_is_written_for_a_spec_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        generated(tmp_path / "set", "scene: {seed: none}\n")
    assert not (tmp_path / "set" / "images").exists()
