"""What an image file is told off for, by the facts of its bytes; thresholds held to the real sets."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from headway.data.looks import check_looks, has_low_information
from headway.data.scan import ImageFacts, Scanner
from headway.data.source import SourceImage
from headway.integrations.imagehash import hash_image
from headway.integrations.pillow.inspection import make_inspector
from headway.integrations.pillow.reading import read_image_size

SOUND = ImageFacts(
    "ab" * 32, 1000, "JPEG", 64, 48, "RGB", perceptual_hash=1, average_hash=1, brightness=200, contrast=50, sharpness=1
)
IMAGE = SourceImage("a", Path("a.jpg"))


def codes(facts: ImageFacts, image: SourceImage = IMAGE) -> list[str]:
    return [problem.code for problem in check_looks(image, facts, "images/a.jpg")]


def test_a_sound_image_has_no_problem() -> None:
    assert [] == codes(SOUND)


@pytest.mark.parametrize("code", ["image-unreadable", "image-truncated", "image-huge"])
def test_damage_is_the_only_problem(code: str) -> None:
    (problem,) = check_looks(IMAGE, replace(SOUND, damage=code, detail="why", clean_end=False), "images/a.jpg")

    assert (code, "why", "images/a.jpg", "a") == (problem.code, problem.message, problem.file, problem.image_id)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(SOUND, clean_end=False), "image-trailing-bytes"),
        (replace(SOUND, kind="PNG"), "image-type"),
        (replace(SOUND, kind="GIF"), "image-type"),
        (replace(SOUND, orientation=6), "image-orientation"),
        (replace(SOUND, brightness=79.0), "image-dark"),
        (replace(SOUND, sharpness=0.17), "image-blurred"),
        (replace(SOUND, contrast=1.9, sharpness=0.0, brightness=0.0), "image-blank"),
    ],
)
def test_each_fault_has_its_code(facts: ImageFacts, expected: str) -> None:
    assert [expected] == codes(facts)


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.JPG"), ("JPEG", "a.jpeg"), ("MPO", "a.jpg"), ("TIFF", "a.tif")])
def test_suffixes_of_the_content_are_no_problem(kind: str, name: str) -> None:
    assert [] == codes(replace(SOUND, kind=kind), SourceImage("a", Path(name)))


@pytest.mark.parametrize(("sha256", "expected"), [("ab" * 32, []), ("cd" * 32, ["image-changed"])])
def test_a_digest_that_the_source_gives_is_held_to(sha256: str, expected: list[str]) -> None:
    assert expected == codes(SOUND, replace(IMAGE, sha256=sha256))


@pytest.mark.parametrize(("contrast", "expected"), [(1.9, True), (2.0, False), (None, True)])
def test_little_information_is_little_contrast(contrast: float | None, expected: bool) -> None:
    assert expected is has_low_information(replace(SOUND, contrast=contrast))


# --- on the real sets ---


def scan(paths: list[Path]) -> list[list[str]]:
    images = [SourceImage(path.stem, path) for path in paths]
    with Scanner(make_inspector(hash_image), read_image_size, None) as scanner:
        return [codes(facts, image) for image, facts in scanner.scan(images)]


def share_found(code: str, paths: list[Path], degrade: Callable[[Image.Image], Image.Image], out: Path) -> float:
    for path in paths:
        file = io.BytesIO()
        degrade(Image.open(path).convert("RGB")).save(file, "JPEG", quality=90)
        (out / path.name).write_bytes(file.getvalue())
    found = scan([out / path.name for path in paths])
    return sum(code in one for one in found) / len(paths)


def sample(shared_folder: Path) -> list[Path]:
    return [path for name in SETS for path in sorted((shared_folder / "datasets" / name).rglob("*.jpg"))[::25]]


SETS = ("bccd", "deeppcb", "grocery_shelf")


def blur(sigma: float) -> Callable[[Image.Image], Image.Image]:
    """Return what blurs by `sigma` pixels of an image 640 pixels long."""
    return lambda image: image.filter(ImageFilter.GaussianBlur(sigma * max(image.size) / 640))


def shake(image: Image.Image) -> Image.Image:
    """Blur over 30 pixels, across, of an image 640 pixels long."""
    return image.filter(ImageFilter.BoxBlur((15 * image.width // 640, 0)))


def test_no_image_of_the_real_sets_is_told_off_for_its_looks(shared_folder: Path) -> None:
    paths = [path for name in SETS for path in sorted((shared_folder / "datasets" / name).rglob("*.jpg"))]

    assert [[]] * len(paths) == scan(paths)


def test_darkened_images_are_dark(shared_folder: Path, tmp_path: Path) -> None:
    assert 1 == share_found("image-dark", sample(shared_folder), lambda one: one.point(lambda x: x * 0.3), tmp_path)


@pytest.mark.parametrize("degrade", [blur(8), shake], ids=["defocus", "motion"])
def test_blurred_images_are_blurred(
    shared_folder: Path, tmp_path: Path, degrade: Callable[[Image.Image], Image.Image]
) -> None:
    assert share_found("image-blurred", sample(shared_folder), degrade, tmp_path) > 0.9


@pytest.mark.parametrize("level", [0, 128, 255])
def test_images_of_one_level_are_blank(shared_folder: Path, tmp_path: Path, level: int) -> None:
    paths = sample(shared_folder)[:3]

    assert 1 == share_found("image-blank", paths, lambda one: one.point(lambda _: level), tmp_path)
