"""Printed graphics of a package: palettes, motifs and text-like stripes, the same for every class of product."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """Colours of one brand: the ground, a second colour, and what is printed on them."""

    ground: Colour
    accent: Colour
    ink: Colour


PALETTES = (
    Palette((196, 38, 46), (246, 214, 92), (255, 250, 240)),
    Palette((24, 58, 122), (232, 72, 60), (245, 247, 252)),
    Palette((28, 122, 84), (240, 226, 150), (250, 252, 246)),
    Palette((244, 240, 228), (206, 60, 70), (52, 46, 60)),
    Palette((242, 176, 34), (122, 44, 30), (70, 30, 18)),
    Palette((34, 140, 160), (250, 238, 210), (252, 252, 252)),
    Palette((108, 60, 140), (242, 180, 206), (252, 246, 252)),
    Palette((236, 110, 44), (252, 236, 190), (255, 252, 246)),
    Palette((250, 250, 250), (36, 110, 190), (30, 44, 84)),
    Palette((44, 44, 52), (214, 174, 96), (244, 236, 216)),
    Palette((236, 150, 172), (130, 32, 74), (110, 24, 60)),
    Palette((150, 190, 70), (46, 84, 40), (250, 252, 240)),
    Palette((132, 84, 52), (238, 206, 150), (252, 244, 226)),
    Palette((140, 196, 226), (250, 250, 252), (24, 66, 120)),
    Palette((222, 226, 222), (60, 150, 90), (40, 70, 56)),
    Palette((120, 26, 48), (226, 196, 170), (250, 240, 230)),
)

Motif = Callable[[ImageDraw.ImageDraw, Random, int, int, Palette], None]


def draw_label(rng: Random, width: int, height: int, palette: Palette) -> Image.Image:
    """Return a printed front of `width` x `height` pixels: ground, motif, picture, name and small print."""
    label = Image.new("RGB", (width, height), palette.ground)
    draw = ImageDraw.Draw(label)
    rng.choice(MOTIFS)(draw, rng, width, height, palette)
    if rng.random() < 0.65:
        _picture(draw, rng, width, height)
    _name(draw, rng, width, height, palette)
    _small_print(draw, rng, width, height, palette)
    return label


def shade(colour: Colour, factor: float) -> Colour:
    """Return a colour made darker (factor below 1) or lighter, clipped."""
    red, green, blue = (min(255, max(0, round(channel * factor))) for channel in colour)
    return red, green, blue


def _band(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    top = height * rng.uniform(0.3, 0.55)
    bottom = top + height * rng.uniform(0.18, 0.35)
    draw.rectangle((0, top, width, bottom), fill=palette.accent)
    draw.line((0, top - 3, width, top - 3), fill=palette.ink, width=1)


def _halves(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    left, right = height * rng.uniform(0.3, 0.8), height * rng.uniform(0.3, 0.8)
    draw.polygon([(0, left), (width, right), (width, height), (0, height)], fill=palette.accent)


def _stripes(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    step = max(4, round(width * rng.uniform(0.12, 0.3)))
    lean = rng.choice((0, 0, height // 3))
    for x in range(-lean, width, step * 2):
        draw.polygon([(x, 0), (x + step, 0), (x + step + lean, height), (x + lean, height)], fill=palette.accent)


def _rays(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    x, y, reach = width * rng.uniform(0.3, 0.7), height * rng.uniform(0.4, 0.7), width + height
    count = rng.randint(7, 11)
    for ray in range(count):
        angles = (2 * math.pi * ray / count, 2 * math.pi * (ray + 0.5) / count)
        rim = [(x + reach * math.cos(angle), y + reach * math.sin(angle)) for angle in angles]
        draw.polygon([(x, y), *rim], fill=palette.accent)


def _disc(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    x, y = width * 0.5, height * rng.uniform(0.45, 0.7)
    radius = min(width, height) * rng.uniform(0.3, 0.5)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette.accent, outline=palette.ink, width=2)


def _wave(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    level, rise, phase = height * rng.uniform(0.4, 0.7), height * rng.uniform(0.04, 0.1), rng.uniform(0, 6.3)
    crest = [(x, level + rise * math.sin(phase + 5.0 * x / width)) for x in range(0, width + 4, 4)]
    draw.polygon([*crest, (width + 4, height), (0, height)], fill=palette.accent)


def _dots(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    step = max(7, round(width * rng.uniform(0.16, 0.26)))
    radius = step * rng.uniform(0.2, 0.32)
    for row, y in enumerate(range(step // 2, height, step)):
        for x in range(step // 2 if row % 2 else 0, width + step, step):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=palette.accent)


def _frame(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    inset = max(2, round(width * rng.uniform(0.05, 0.12)))
    draw.rectangle((inset, inset, width - inset, height - inset), outline=palette.accent, width=max(2, inset // 2))


MOTIFS: tuple[Motif, ...] = (_band, _halves, _stripes, _rays, _disc, _wave, _dots, _frame)

_FOODS: tuple[Colour, ...] = (
    (214, 44, 40),
    (238, 150, 30),
    (250, 214, 70),
    (110, 160, 50),
    (120, 50, 110),
    (150, 92, 50),
)


def _picture(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int) -> None:
    """Draw a heap of round fruit, or biscuits, on the lower half."""
    colour = rng.choice(_FOODS)
    radius = min(width, height) * rng.uniform(0.1, 0.17)
    for _ in range(rng.randint(2, 5)):
        x, y = width * rng.uniform(0.25, 0.75), height * rng.uniform(0.58, 0.82)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline=shade(colour, 0.7))
        shine = radius * 0.35
        draw.ellipse(
            (x - radius * 0.6, y - radius * 0.6, x - radius * 0.6 + shine, y - radius * 0.6 + shine),
            fill=shade(colour, 1.5),
        )


def _name(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    """Print a brand name: blocks as high and as narrow as letters, on a plate or free."""
    letters = rng.randint(4, 7)
    span = width * rng.uniform(0.6, 0.82)
    size = min(span / letters * 1.5, height * 0.2)
    x, y = (width - span) / 2, height * rng.uniform(0.12, 0.34)
    ink = palette.ink
    if rng.random() < 0.4:
        margin = size * 0.35
        draw.rounded_rectangle((x - margin, y - margin, x + span + margin, y + size + margin), margin, fill=palette.ink)
        ink = palette.accent if palette.accent != palette.ink else palette.ground
    step = span / letters
    for letter in range(letters):
        _letter(draw, rng, x + letter * step, y, step * 0.74, size, ink)


def _letter(
    draw: ImageDraw.ImageDraw, rng: Random, x: float, y: float, width: float, height: float, ink: Colour
) -> None:
    """Draw strokes that read as a capital from afar: a stem, and bars or a second stem."""
    stroke = max(1.0, width * 0.32)
    draw.rectangle((x, y, x + stroke, y + height), fill=ink)
    if rng.random() < 0.5:
        draw.rectangle((x + width - stroke, y, x + width, y + height), fill=ink)
    for level in rng.sample((0.0, 0.42, 0.82), 2):
        draw.rectangle((x, y + height * level, x + width, y + height * level + stroke * 0.8), fill=ink)


def _small_print(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int, palette: Palette) -> None:
    y = height * rng.uniform(0.46, 0.56)
    thick = max(1, round(height * 0.016))
    for _ in range(rng.randint(1, 3)):
        half = width * rng.uniform(0.12, 0.3)
        draw.rectangle((width / 2 - half, y, width / 2 + half, y + thick), fill=palette.ink)
        y += thick * 2.6
    if rng.random() < 0.5:
        draw.rectangle((width * 0.1, height * 0.9, width * 0.32, height * 0.94), fill=palette.ink)
