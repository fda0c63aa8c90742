"""Draws what is no product: wall, boards, rails, price tags, signs, and what gets between camera and shelf."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
from PIL import ImageDraw

from headway.data.shelves.labels import PALETTES, Colour, shade
from headway.data.shelves.scene import BOARD, RAIL, SHELF_DEPTH, Furniture, Thing

Project = Callable[[float, float, float], tuple[float, float]]
"""Maps x, y, z in units to pixels of the canvas."""

_SKIN: tuple[Colour, ...] = ((236, 196, 168), (206, 156, 122), (150, 104, 76), (98, 66, 50))


def draw_wall(draw: ImageDraw.ImageDraw, furniture: Furniture, reach: tuple[float, float], project: Project) -> None:
    """Draw the back of the shelf, `reach` units to each side and up and down: its pattern and slotted uprights."""
    half_width, half_height = 1.3 * reach[0], 1.3 * reach[1]
    left, top = project(-half_width, -half_height, SHELF_DEPTH)
    right, bottom = project(half_width, half_height, SHELF_DEPTH)
    draw.rectangle((left, top, right, bottom), fill=furniture.wall)
    dark = shade(furniture.wall, 0.82)
    spacing = project(12, 0, SHELF_DEPTH)[0] - project(0, 0, SHELF_DEPTH)[0]
    if furniture.pattern == "slats":
        for y in np.arange(top, bottom, spacing):
            draw.line((left, y, right, y), fill=dark, width=3)
    elif furniture.pattern == "holes":
        for y in np.arange(top, bottom, spacing):
            for x in np.arange(left, right, spacing):
                draw.rectangle((x, y, x + 3, y + 3), fill=dark)
    for upright in furniture.uprights:
        edge, far = (project(upright + side, 0, SHELF_DEPTH)[0] for side in (-5, 5))
        draw.rectangle((edge, top, far, bottom), fill=shade(furniture.wall, 0.9), outline=shade(furniture.wall, 0.7))
        for y in range(round(top), round(bottom), 16):
            draw.rectangle(((edge + far) / 2 - 2, y, (edge + far) / 2 + 1, y + 8), fill=(52, 52, 54))


def draw_board(
    draw: ImageDraw.ImageDraw, colour: Colour, y: float, half_width: float, project: Project, *, above: bool
) -> None:
    """Draw a board's upper face (camera above it) or its underside, from the front edge to the wall."""
    level = y if above else y + BOARD
    corners = [project(-1.3 * half_width, level, 0), project(1.3 * half_width, level, 0)]
    corners += [project(1.3 * half_width, level, SHELF_DEPTH), project(-1.3 * half_width, level, SHELF_DEPTH)]
    draw.polygon(corners, fill=shade(colour, 0.9 if above else 0.42))


def draw_rail(draw: ImageDraw.ImageDraw, furniture: Furniture, y: float, half_width: float, project: Project) -> None:
    """Draw a board's front edge and the price rail below it."""
    left, right = -1.3 * half_width, 1.3 * half_width
    edge, top, bottom = project(left, y, 0), project(left, y + BOARD, 0), project(right, y + BOARD + RAIL, 0)
    draw.rectangle((*edge, bottom[0], top[1]), fill=furniture.board)
    draw.rectangle((*top, *bottom), fill=furniture.rail)
    draw.line((*edge, bottom[0], edge[1]), fill=shade(furniture.board, 1.15), width=2)
    draw.line((*top, bottom[0], top[1]), fill=shade(furniture.rail, 0.7), width=2)
    draw.line((top[0], bottom[1] - 2, *bottom), fill=shade(furniture.rail, 0.62), width=3)


def draw_thing(draw: ImageDraw.ImageDraw, thing: Thing, project: Project) -> None:
    """Draw one tag, tray, sign or thing in the foreground."""
    _THINGS[thing.kind](draw, Random(thing.seed), thing, project)  # noqa: S311  (drawing, not cryptography)


def _tag(draw: ImageDraw.ImageDraw, rng: Random, thing: Thing, project: Project) -> None:
    left, top = project(thing.x, thing.y + BOARD + 1.2, 0)
    right, bottom = project(thing.x + thing.width, thing.y + BOARD + RAIL - 1.2, 0)
    paper = rng.choice(((252, 252, 250), (252, 252, 250), (252, 226, 80), (226, 60, 56)))
    ink = (250, 250, 250) if paper[1] < 100 else (32, 32, 36)
    draw.rectangle((left, top, right, bottom), fill=paper, outline=shade(paper, 0.75))
    width, height = right - left, bottom - top
    x = left + width * 0.45
    for _ in range(rng.randint(3, 4)):
        draw.rectangle((x, top + height * 0.2, x + width * 0.07, bottom - height * 0.2), fill=ink)
        x += width * 0.12
    for row in (0.25, 0.5, 0.72):
        y = top + height * row
        draw.line((left + width * 0.08, y, left + width * rng.uniform(0.25, 0.38), y), fill=ink, width=1)


def _tray(draw: ImageDraw.ImageDraw, rng: Random, thing: Thing, project: Project) -> None:
    """Draw the cardboard front of an opened shipping case."""
    left, top = project(thing.x, thing.y - thing.height, 1)
    right, bottom = project(thing.x + thing.width, thing.y, 1)
    colour = rng.choice(((190, 148, 100), (206, 168, 120), *(palette.ground for palette in PALETTES)))
    rise = (bottom - top) * 0.5
    draw.polygon(
        [
            (left, top - rise),
            (left + rise, top),
            (right - rise, top),
            (right, top - rise),
            (right, bottom),
            (left, bottom),
        ],
        fill=colour,
    )
    draw.line((left + rise, top, right - rise, top), fill=shade(colour, 0.7), width=2)
    middle = (top + bottom) / 2
    draw.rectangle((left + rise * 2, middle - 2, left + (right - left) * 0.6, middle + 3), fill=shade(colour, 0.6))


def _wobbler(draw: ImageDraw.ImageDraw, rng: Random, thing: Thing, project: Project) -> None:
    x, y = project(thing.x, thing.y, -2)
    radius = project(thing.x + thing.width / 2, thing.y, -2)[0] - x
    colour = rng.choice(((228, 44, 48), (250, 206, 40), (40, 130, 70)))
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline=(250, 250, 250), width=3)
    draw.rectangle((x - radius * 0.55, y - radius * 0.25, x + radius * 0.2, y + radius * 0.25), fill=(252, 252, 252))
    draw.rectangle((x + radius * 0.3, y - radius * 0.25, x + radius * 0.55, y + radius * 0.05), fill=(252, 252, 252))


def _sign(draw: ImageDraw.ImageDraw, rng: Random, thing: Thing, project: Project) -> None:
    """Draw an offer on a card that stands before the rail."""
    left, top = project(thing.x, thing.y + 14, -1)
    right, bottom = project(thing.x + thing.width, thing.y + 14 + thing.height, -1)
    _paper(draw, rng, (left, top, right, bottom))


def _poster(draw: ImageDraw.ImageDraw, rng: Random, thing: Thing, project: Project) -> None:
    """Draw a poster that hangs into the picture from above."""
    left, top = project(thing.x - thing.width / 2, thing.y, -8)
    right, bottom = project(thing.x + thing.width / 2, thing.y + thing.height, -8)
    _paper(draw, rng, (left, top, right, bottom))
    for x in (left + 8, right - 8):
        draw.line((x, 0, x, top), fill=(90, 90, 94), width=2)


def _paper(draw: ImageDraw.ImageDraw, rng: Random, corners: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = corners
    width, height = right - left, bottom - top
    ground, ink = rng.choice(
        (((250, 214, 50), (200, 30, 36)), ((214, 36, 42), (252, 250, 240)), ((250, 250, 248), (40, 90, 160)))
    )
    draw.rectangle(corners, fill=ground, outline=shade(ground, 0.75), width=2)
    draw.rectangle((left, top, right, top + height * 0.22), fill=ink)
    stroke = max(3, round(width * 0.06))
    for digit in range(3):
        x = left + width * (0.16 + 0.24 * digit)
        _digit(draw, rng, (x, top + height * 0.36, x + width * 0.17, top + height * 0.74), ink, stroke)
    for row in (0.82, 0.9):
        draw.line((left + width * 0.15, top + height * row, right - width * 0.2, top + height * row), fill=ink, width=2)


def _digit(
    draw: ImageDraw.ImageDraw, rng: Random, box: tuple[float, float, float, float], ink: Colour, stroke: int
) -> None:
    """Draw a digit as a pocket calculator does."""
    left, top, right, bottom = box
    middle = (top + bottom) / 2
    segments = {
        "a": (left, top, right, top),
        "b": (right, top, right, middle),
        "c": (right, middle, right, bottom),
        "d": (left, bottom, right, bottom),
        "e": (left, middle, left, bottom),
        "f": (left, top, left, middle),
        "g": (left, middle, right, middle),
    }
    for name in rng.choice(("bc", "abged", "abgcd", "fgbc", "afgcd", "abc", "abcdefg", "abcdfg")):
        draw.line(segments[name], fill=ink, width=stroke)


def _hand(draw: ImageDraw.ImageDraw, rng: Random, thing: Thing, project: Project) -> None:
    """Draw an arm that reaches in from below: sleeve, palm and fingers."""
    skin = rng.choice(_SKIN)
    sleeve = rng.choice(PALETTES).ground
    side = 1 if thing.width > 0 else -1
    x, y = project(thing.x, thing.y, -4)
    unit = abs(project(thing.x + thing.width, thing.y, -4)[0] - x) / 36
    lean = 0.35 * side

    def at(along: float, across: float) -> tuple[float, float]:
        return x + unit * (across + lean * along), y + unit * along

    draw.polygon([at(52, -15), at(52, 15), at(300, 30), at(300, -30)], fill=sleeve)
    draw.polygon([at(48, -17), at(48, 17), at(60, 18), at(60, -18)], fill=shade(sleeve, 0.8))
    draw.polygon([at(14, -12), at(14, 13), at(50, 11), at(50, -11)], fill=skin)
    for finger, length in zip((-10, -3.5, 3, 9.5), (14, 20, 19, 13), strict=True):
        draw.line((*at(18, finger), *at(18 - length, finger * 1.1)), fill=shade(skin, 0.97), width=round(6.4 * unit))
        tip = at(18 - length, finger * 1.1)
        draw.ellipse((tip[0] - 3.2 * unit, tip[1] - 3.2 * unit, tip[0] + 3.2 * unit, tip[1] + 3.2 * unit), fill=skin)
        draw.line((*at(20, finger + 3.2), *at(16 - length * 0.7, finger * 1.1 + 3.2)), fill=shade(skin, 0.78), width=2)
    draw.line((*at(34, -10 * side), *at(14, -20 * side)), fill=skin, width=round(7 * unit))


def _basket(draw: ImageDraw.ImageDraw, rng: Random, thing: Thing, project: Project) -> None:
    """Draw the rim and the grid of a shopping basket at the lower edge."""
    left, top = project(thing.x - thing.width / 2, thing.y - thing.height, -12)
    right, bottom = project(thing.x + thing.width / 2, thing.y + 30, -12)
    colour = rng.choice(((200, 34, 40), (36, 80, 150), (60, 62, 66), (46, 130, 70)))
    draw.polygon([(left, top), (right, top), (right - 14, bottom), (left + 14, bottom)], fill=shade(colour, 0.55))
    for column in range(1, 10):
        x = left + (right - left) * column / 10
        draw.line((x, top, x, bottom), fill=colour, width=5)
    for row in range(6):
        y = top + 22 * row
        draw.line((left, y, right, y), fill=colour, width=5)
    draw.rounded_rectangle((left - 6, top - 10, right + 6, top + 8), 8, fill=shade(colour, 1.12))


_THINGS: dict[str, Callable[[ImageDraw.ImageDraw, Random, Thing, Project], None]] = {
    "tag": _tag,
    "tray": _tray,
    "wobbler": _wobbler,
    "sign": _sign,
    "poster": _poster,
    "hand": _hand,
    "basket": _basket,
}
