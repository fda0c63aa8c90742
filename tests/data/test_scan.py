"""Every image file is read once, in order, and not again while it stays as it is."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headway.data.scan import ImageFacts, Scanner
from headway.data.source import SourceImage
from headway.errors import InputError
from headway.integrations.imagehash import hash_image
from headway.integrations.pillow.inspection import make_inspector
from headway.integrations.pillow.reading import read_image_size
from tests.data.sources import write_image


def scanner(cache: Path | None = None) -> Scanner:
    return Scanner(make_inspector(hash_image), read_image_size, cache)


def write_images(folder: Path, count: int, first: int = 0) -> list[SourceImage]:
    names = [f"{number:03}" for number in range(first, first + count)]
    return [SourceImage(name, write_image(folder / f"{name}.png", int(name))) for name in names]


def scan(images: list[SourceImage], cache: Path | None = None) -> tuple[list[ImageFacts], int]:
    with scanner(cache) as one:
        return [facts for _, facts in one.scan(images)], one.read_count


def look(path: Path) -> ImageFacts:
    return scan([SourceImage("a", path)])[0][0]


def test_images_come_in_order_with_their_digests(tmp_path: Path) -> None:
    images = write_images(tmp_path, 200)
    with scanner() as one:
        found = [(image.image_id, facts.sha256) for image, facts in one.scan(reversed(images))]

    assert [(one.image_id, hashlib.sha256(one.path.read_bytes()).hexdigest()) for one in reversed(images)] == found


def test_images_are_taken_from_the_reader_as_they_are_needed(tmp_path: Path) -> None:
    images = write_images(tmp_path, 100)
    taken = []

    def reader() -> Iterator[SourceImage]:
        for image in images:
            taken.append(image)
            yield image

    with scanner() as one:
        next(one.scan(reader()))

    assert 0 < len(taken) < 100


def test_only_new_files_are_read_again(tmp_path: Path) -> None:
    images, cache = write_images(tmp_path, 20), tmp_path / "state/scans.sqlite"
    first, reads = scan(images, cache)
    again, more = scan([*images, *write_images(tmp_path, 3, first=20)], cache)

    assert (20, 3) == (reads, more)
    assert first == again[:20]


def test_a_file_that_is_written_anew_is_read_again_even_with_its_old_size_and_time(tmp_path: Path) -> None:
    (image,), cache = write_images(tmp_path, 1), tmp_path / "scans.sqlite"
    image.path.write_bytes(b"one")
    before = image.path.stat()
    scan([image], cache)
    image.path.write_bytes(b"two")
    os.utime(image.path, ns=(before.st_atime_ns, before.st_mtime_ns))

    (facts,), reads = scan([image], cache)

    assert (1, hashlib.sha256(b"two").hexdigest()) == (reads, facts.sha256)


def test_a_remembered_file_is_not_opened_for_its_size(tmp_path: Path) -> None:
    images, cache = write_images(tmp_path, 1), tmp_path / "scans.sqlite"
    scan(images, cache)

    def refuse(path: Path) -> tuple[int, int]:
        raise AssertionError(f"{path} was opened")

    with Scanner(make_inspector(hash_image), refuse, cache) as one:
        assert (64, 48) == one.size(images[0].path)


def test_the_size_of_an_unknown_file_is_read_from_its_header(tmp_path: Path) -> None:
    (image,) = write_images(tmp_path, 1)
    with scanner(tmp_path / "scans.sqlite") as one:
        assert (64, 48) == one.size(image.path)
        with pytest.raises(InputError):
            one.size(tmp_path / "gone.png")


def test_damage_is_remembered_but_its_size_is_asked_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"no image")
    images, cache = [SourceImage("a", path)], tmp_path / "scans.sqlite"
    scan(images, cache)

    assert 0 == scan(images, cache)[1]
    with scanner(cache) as one, pytest.raises(InputError):
        one.size(path)


def test_files_that_are_gone_are_forgotten(tmp_path: Path) -> None:
    images, cache = write_images(tmp_path, 2), tmp_path / "scans.sqlite"
    scan(images, cache)
    images[0].path.unlink()
    scan(write_images(tmp_path, 1, first=2), cache)

    with sqlite3.connect(cache) as database:
        paths = [Path(path).name for (path,) in database.execute("select path from scans order by path")]
    assert ["001.png", "002.png"] == paths


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, content: bytes) -> None:
    images, cache = write_images(tmp_path, 2), tmp_path / "scans.sqlite"
    cache.write_bytes(content)

    assert (2, 0) == (scan(images, cache)[1], scan(images, cache)[1])


def test_a_cache_of_another_version_is_not_believed(tmp_path: Path) -> None:
    images, cache = write_images(tmp_path, 2), tmp_path / "scans.sqlite"
    scan(images, cache)
    with sqlite3.connect(cache) as database:
        database.execute("pragma user_version = 999")

    assert 2 == scan(images, cache)[1]


def test_without_a_place_for_the_cache_nothing_is_remembered(tmp_path: Path) -> None:
    images = write_images(tmp_path, 2)
    (tmp_path / "file").write_text("not a folder")

    assert (2, 2) == (scan(images, tmp_path / "file/scans.sqlite")[1], scan(images, tmp_path / "file/scans.sqlite")[1])


def test_what_was_seen_before_a_stop_is_remembered(tmp_path: Path) -> None:
    images, cache = write_images(tmp_path, 80), tmp_path / "scans.sqlite"
    with scanner(cache) as one:
        stream = one.scan(images)
        for _ in range(10):
            next(stream)
        stream.close()  # type: ignore[attr-defined]

    assert 70 == scan(images, cache)[1]


@pytest.mark.parametrize("name", ["gone.png", "."])
def test_what_is_no_file_is_unreadable(tmp_path: Path, name: str) -> None:
    facts = look(tmp_path / name)

    assert "image-unreadable" == facts.damage
    assert facts.detail.startswith("it cannot be read: ")


def test_the_average_hash_is_that_of_the_readmes(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png", seed=3)
    tiny = np.asarray(Image.open(path).convert("L").resize((8, 8), Image.Resampling.BILINEAR))
    bits = "".join("1" if level > tiny.mean() else "0" for level in tiny.ravel())

    assert int(bits, 2) == look(path).average_hash


def test_brightness_and_contrast_are_of_the_grey_levels(tmp_path: Path) -> None:
    levels = np.zeros((100, 100), np.uint8)
    levels[:, 90:] = 200
    Image.fromarray(levels).save(tmp_path / "a.png")

    facts = look(tmp_path / "a.png")

    assert (200, 60) == (facts.brightness, facts.contrast)


@pytest.mark.parametrize(("level", "expected"), [(255, 1.0), (51, 0.2), (0, 0.0)])
def test_sharpness_is_the_steepest_step_of_the_softer_direction(tmp_path: Path, level: int, expected: float) -> None:
    across = np.zeros((100, 100), np.uint8)
    across[:, 50:] = 255
    across[50:, :10] = level
    Image.fromarray(across).save(tmp_path / "a.png")

    assert expected == look(tmp_path / "a.png").sharpness


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1)])
def test_the_smallest_images_have_facts(tmp_path: Path, size: tuple[int, int]) -> None:
    assert look(write_image(tmp_path / "a.png", size=size)).damage is None
