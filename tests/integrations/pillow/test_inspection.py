"""Image files are looked into by their bytes: whole or damaged, upright, with thumbnails."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from headway.integrations.imagehash import hash_image
from headway.integrations.pillow.inspection import make_inspector

inspect = make_inspector(hash_image)
KINDS = ["JPEG", "PNG", "WEBP", "BMP", "TIFF"]


def photo(width: int = 160, height: int = 120, seed: int = 0) -> Image.Image:
    """Large shapes, as photos have."""
    grid = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_image_is_described(kind: str) -> None:
    seen = inspect(encoded(photo(), kind))

    assert (kind, 160, 120, "RGB", 1, True, None) == (
        seen.kind,
        seen.width,
        seen.height,
        seen.mode,
        seen.orientation,
        seen.clean_end,
        seen.damage,
    )
    assert seen.grey is not None and (120, 160) == seen.grey.shape
    assert seen.tiny is not None and (8, 8) == seen.tiny.shape
    assert seen.perceptual_hash is not None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.9, 0.5, 0.1])
def test_a_cut_off_image_is_truncated(kind: str, share: float) -> None:
    content = encoded(photo(), kind)

    seen = inspect(content[: int(len(content) * share)])

    assert "image-truncated" == seen.damage
    assert kind == seen.kind
    assert seen.detail


@pytest.mark.parametrize("kept", [-1, -8, -12])
def test_a_png_without_its_end_is_truncated(kept: int) -> None:
    assert "image-truncated" == inspect(encoded(photo(), "PNG")[:kept]).damage


@pytest.mark.parametrize("progressive", [False, True])
@given(share=st.floats(0.0, 0.99))
@settings(max_examples=40, deadline=None)
def test_a_jpeg_cut_anywhere_is_noticed(progressive: bool, share: float) -> None:
    content = encoded(photo(), "JPEG", progressive=progressive)

    seen = inspect(content[: int(len(content) * share)])

    assert seen.damage in {"image-truncated", "image-unreadable"} or not seen.clean_end


@given(kind=st.sampled_from(KINDS), place=st.floats(0, 1), value=st.integers(0, 255), length=st.integers(1, 64))
@settings(max_examples=150, deadline=None)
def test_garbled_bytes_are_a_value_not_an_exception(kind: str, place: float, value: int, length: int) -> None:
    content = bytearray(encoded(photo(32, 24), kind))
    start = int(place * len(content))
    content[start : start + length] = bytes([value]) * length

    assert inspect(bytes(content)).damage in {None, "image-truncated", "image-unreadable", "image-huge"}


@given(st.binary(max_size=200))
def test_what_is_no_image_is_unreadable(content: bytes) -> None:
    assert "image-unreadable" == inspect(b"no image" + content).damage


def test_an_empty_file_is_unreadable() -> None:
    assert ("image-unreadable", "the file is empty") == (inspect(b"").damage, inspect(b"").detail)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (16_000, 13_000), (10_001, 20_000)])
def test_a_decompression_bomb_is_not_decoded(width: int, height: int) -> None:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")

    assert "image-huge" == inspect(content).damage


@pytest.mark.parametrize("tail", [b"\0\0", b"\xff\xd9 and more"])
def test_bytes_behind_the_end_of_a_jpeg_are_seen(tail: bytes) -> None:
    seen = inspect(encoded(photo(), "JPEG") + tail)

    assert (None, False) == (seen.damage, seen.clean_end)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_thumbnails_are_upright(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = photo(320, 200)
    seen = inspect(encoded(image, kind, exif=exif))
    turned: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.T,
        6: lambda a: a[::-1].T,
        7: lambda a: a[::-1, ::-1].T,
        8: lambda a: a[:, ::-1].T,
    }
    tiny = np.asarray(image.convert("L").resize((8, 8), Image.Resampling.BILINEAR)).astype(int)

    assert orientation == seen.orientation
    assert ((320, 200) if orientation < 5 else (200, 320)) == (seen.width, seen.height)
    assert seen.tiny is not None
    np.testing.assert_allclose(turned[orientation](tiny), seen.tiny.astype(int), atol=8)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (257, 255), (1000, 667), (640, 640)])
def test_the_grey_thumbnail_has_at_most_256_pixels_a_side(size: tuple[int, int]) -> None:
    seen = inspect(encoded(photo(*size), "PNG"))

    assert seen.grey is not None
    assert 1 <= min(seen.grey.shape) <= max(seen.grey.shape) <= 256
    assert size == (seen.width, seen.height)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_every_usual_colour_mode_is_read(mode: str) -> None:
    image = Image.fromarray(np.arange(0, 65_536, 16, dtype=np.uint16).reshape(64, 64)) if mode == "I;16" else photo()
    seen = inspect(encoded(image if mode == "I;16" else image.convert(mode), "TIFF"))

    assert (None, mode) == (seen.damage, seen.mode)
    assert seen.grey is not None and np.ptp(seen.grey) > 100


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_levels_of_no_known_range_are_unreadable(dtype: type) -> None:
    seen = inspect(encoded(Image.fromarray(np.ones((4, 4), dtype)), "TIFF"))

    assert "image-unreadable" == seen.damage
    assert "16 bits" in seen.detail
