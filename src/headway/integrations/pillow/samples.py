"""Draws the sample sheet of a data set card: images in full rows, boxes in the colours of their classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from headway.contracts.dataset import Box
from headway.integrations.pillow.drawing import class_color

_WIDTH = 1440
_GAP = 8
_ACROSS = 4
_TALLEST = 460
_NAMED = 24
"""More classes than this are not named below the sheet."""
_LINE = 34
_SWATCH = 16
_PAPER, _INK = "white", "#3c4043"
_HALO = (255, 255, 255)


def draw_samples(
    samples: Sequence[tuple[NDArray[np.uint8], Sequence[Box]]], classes: Sequence[str]
) -> NDArray[np.uint8]:
    """Return a sheet of (height, width, 3) images with their boxes, four in a row, and a legend of their classes.

    The images of a row have one height and fill its width, as on a wall of photos; nothing is cropped.
    """
    rows = [samples[start : start + _ACROSS] for start in range(0, len(samples), _ACROSS)]
    strips = [_draw_row(row, classes) for row in rows]
    seen = {box.class_name for _, boxes in samples for box in boxes}
    legend = _draw_legend([(name, number) for number, name in enumerate(classes) if name in seen])
    return np.asarray(_stack([*strips, legend]))


def _draw_row(row: Sequence[tuple[NDArray[np.uint8], Sequence[Box]]], classes: Sequence[str]) -> Image.Image:
    ratios = [image.shape[1] / image.shape[0] for image, _ in row]
    room = _WIDTH - _GAP * (len(row) - 1)
    height = min(_TALLEST, max(1, round(room / sum(ratios))))
    strip = Image.new("RGB", (_WIDTH, height), _PAPER)
    x = 0
    for (image, boxes), ratio in zip(row, ratios, strict=True):
        width = max(1, min(round(ratio * height), _WIDTH - x))
        strip.paste(_draw_sample(image, boxes, classes, (width, height)), (x, 0))
        x += width + _GAP
    return strip


def _draw_sample(
    image: NDArray[np.uint8], boxes: Sequence[Box], classes: Sequence[str], size: tuple[int, int]
) -> Image.Image:
    tile = Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(tile)
    across, down = size[0] / image.shape[1], size[1] / image.shape[0]
    for box in sorted(boxes, key=_area, reverse=True):
        left, top = round(box.x_min * across), round(box.y_min * down)
        right, bottom = max(left, round(box.x_max * across) - 1), max(top, round(box.y_max * down) - 1)
        pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=_HALO)
        pen.rectangle((left, top, right, bottom), outline=class_color(classes.index(box.class_name)), width=2)
    return tile


def _draw_legend(entries: Sequence[tuple[str, int]]) -> Image.Image:
    font = ImageFont.load_default(size=18)
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    places = list(_flow([round(pen.textlength(_short(name), font=font)) for name, _ in entries[:_NAMED]]))
    lines = places[-1][1] + 1 if places else 0
    legend = Image.new("RGB", (_WIDTH, lines * _LINE), _PAPER)
    pen = ImageDraw.Draw(legend)
    for (name, class_id), (x, line) in zip(entries, places, strict=False):
        y = line * _LINE + _LINE // 2
        pen.rectangle((x, y - _SWATCH // 2, x + _SWATCH, y + _SWATCH // 2), fill=class_color(class_id))
        pen.text((x + _SWATCH + 8, y), _short(name), fill=_INK, font=font, anchor="lm")
    return legend


def _flow(widths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield x and line of entries of the text widths given, a new line where one does not fit."""
    x = line = 0
    for width in widths:
        whole = _SWATCH + 8 + width
        if x and x + whole > _WIDTH:
            x, line = 0, line + 1
        yield x, line
        x += whole + 28


def _stack(strips: Sequence[Image.Image]) -> Image.Image:
    shown = [strip for strip in strips if strip.height]
    height = sum(strip.height for strip in shown) + _GAP * max(0, len(shown) - 1)
    sheet = Image.new("RGB", (_WIDTH, max(1, height)), _PAPER)
    y = 0
    for strip in shown:
        sheet.paste(strip, (0, y))
        y += strip.height + _GAP
    return sheet


def _short(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def _area(box: Box) -> float:
    return (box.x_max - box.x_min) * (box.y_max - box.y_min)
