"""Draws contact sheets of what is wrong with a data set: a tile a problem, its images side by side, bad boxes red."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from headway.contracts.dataset import Box
from headway.errors import HeadwayError
from headway.integrations.pillow.reading import read_image
from headway.ports import Picture

_WIDTH = 1400
_CELLS = {1: 4, 2: 4, 3: 6}
"""Pictures in a row of the sheet, by how many a tile has: whole tiles in each row."""
_GAP = 12
_LINE = 22
_FONT_SIZE = 13
_MARGIN = 4
"""Bad boxes are drawn so many pixels larger, so that one without area is seen."""
_PAPER, _INK, _BLANK = "white", "#3c4043", "#e8eaed"
_BAD, _OTHER, _HALO = "#d93025", "#1a73e8", "white"


def contact_sheet(tiles: Sequence[Sequence[Picture]]) -> NDArray[np.uint8]:
    """Return tiles of one to three pictures in rows, as (height, width, 3) RGB.

    An image that cannot be read gets a placeholder. One image at a time is held in memory.
    """
    most = max(map(len, tiles))
    cells = _CELLS[most]
    cell = (_WIDTH // cells - _MARGIN, round(0.75 * _WIDTH / cells))
    across = min(cells // most, len(tiles))
    size = (most * (cell[0] + _MARGIN) - _MARGIN + _GAP, cell[1] + _LINE + _GAP)
    sheet = Image.new("RGB", (across * size[0] + _GAP, -(-len(tiles) // across) * size[1] + _GAP), _PAPER)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, across)
        for place, picture in enumerate(tile):
            left = _GAP + column * size[0] + place * (cell[0] + _MARGIN)
            sheet.paste(_draw_picture(picture, cell), (left, _GAP + row * size[1]))
            middle = _GAP + row * size[1] + cell[1] + _LINE // 2
            _write(ImageDraw.Draw(sheet), (left, middle), picture.image_id, cell[0])
    return np.asarray(sheet)


def _draw_picture(picture: Picture, size: tuple[int, int]) -> Image.Image:
    frame = Image.new("RGB", size, _BLANK)
    pen = ImageDraw.Draw(frame)
    try:
        pixels = read_image(picture.path)
    except HeadwayError:
        pen.line((0, 0, *size), fill=_INK)
        pen.line((0, size[1], size[0], 0), fill=_INK)
        return frame
    height, width = pixels.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    shown = (max(1, round(width * scale)), max(1, round(height * scale)))
    left, top = (size[0] - shown[0]) // 2, (size[1] - shown[1]) // 2
    frame.paste(Image.fromarray(pixels).resize(shown, Image.Resampling.LANCZOS), (left, top))
    marked = set(picture.bad)
    for index in sorted(range(len(picture.boxes)), key=lambda index: index in marked):
        _draw_box(pen, picture.boxes[index], (left, top, scale), size, bad=index in marked)
    return frame


def _draw_box(
    pen: ImageDraw.ImageDraw, box: Box, at: tuple[int, int, float], size: tuple[int, int], *, bad: bool
) -> None:
    """Draw a box; what lies outside of the picture is drawn at its border."""
    left, top, scale = at
    xs = sorted(_within(left + side * scale, size[0]) for side in (box.x_min, box.x_max))
    ys = sorted(_within(top + side * scale, size[1]) for side in (box.y_min, box.y_max))
    grown = _MARGIN if bad else 0
    corners = (xs[0] - grown, ys[0] - grown, xs[1] + grown, ys[1] + grown)
    if bad:
        pen.rectangle(corners, outline=_HALO, width=5)
    pen.rectangle(corners, outline=_BAD if bad else _OTHER, width=3 if bad else 1)


def _within(side: float, length: int) -> int:
    return round(min(max(side, 0.0), length - 1.0))


def _write(pen: ImageDraw.ImageDraw, place: tuple[int, int], caption: str, room: int) -> None:
    """Write one line; of one that is too long the middle is left out."""
    font = ImageFont.load_default(size=_FONT_SIZE)
    whole = text = " ".join(caption.split())
    kept = len(whole) // 2
    while kept and pen.textlength(text, font=font) > room:
        kept -= 1
        text = f"{whole[:kept]}…{whole[len(whole) - kept :]}"
    pen.text(place, text, fill=_INK, font=font, anchor="lm")
