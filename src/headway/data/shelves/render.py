"""Draws a scene as a camera sees it, and says what of each product can be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from headway.contracts.dataset import Box
from headway.data.shelves.furniture import draw_board, draw_rail, draw_thing, draw_wall
from headway.data.shelves.labels import shade
from headway.data.shelves.photo import OVERSAMPLING, Framing, project_ids, take_photo
from headway.data.shelves.products import Product, Sprite, View, draw_product
from headway.data.shelves.scene import Bay, Camera, Placed, Scene

LEAST_VISIBLE = 0.4
"""A product is labelled if at least this share of it can be seen."""
LEAST_SIDE = 0.025
"""A visible part thinner than this share of the picture's (geometric) mean side gets no label."""


@dataclass(frozen=True)
class Picture:
    """A rendered image and the box of every product that can be seen well enough, in drawing order.

    A box is tight around the pixels that can be seen: what is hidden by other
    things or lies outside the picture does not count.
    """

    image: Image.Image
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class _Cutout:
    """A product ready to be pasted: its colours, which pixels are its own (0 or 255), its foot line and its area."""

    colours: Image.Image
    solid: Image.Image
    foot: int
    area: int

    @classmethod
    def of(cls, sprite: Sprite, scale: float, tone: float) -> _Cutout:
        """Return `sprite` made smaller by `scale` and darker by `tone`."""
        size = (max(1, round(sprite.image.width * scale)), max(1, round(sprite.image.height * scale)))
        solid = sprite.image.getchannel("A").resize(size, Image.Resampling.NEAREST)
        colours = sprite.image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        colours = Image.blend(Image.new("RGB", size), colours, tone)
        return cls(colours, solid, round(sprite.foot * scale), solid.histogram()[255])

    def tilted(self, degrees: float) -> _Cutout:
        """Return it turned about its foot."""
        pivot = (self.colours.width / 2, self.foot)
        colours = self.colours.rotate(degrees, Image.Resampling.BILINEAR, center=pivot)
        return _Cutout(colours, self.solid.rotate(degrees, center=pivot), self.foot, self.area)


@dataclass
class _Canvas:
    """Colours and, beside them, the number of the product that each pixel belongs to (0: none)."""

    scene: Scene
    framing: Framing
    colours: Image.Image
    ids: Image.Image
    drawn: list[tuple[Product, int]] = field(default_factory=list)
    """Each numbered product (the first is number 1) and the pixels that it would cover were nothing before it."""
    sprites: dict[tuple[int, float], Sprite] = field(default_factory=dict)
    cutouts: dict[tuple[int, float, float], _Cutout] = field(default_factory=dict)

    @cached_property
    def scale(self) -> float:
        return OVERSAMPLING * self.framing.scale

    @cached_property
    def frame(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what the picture shows, in pixels of the canvas."""
        xs, ys = zip(*self.framing.corners(), strict=True)
        return min(xs), min(ys), max(xs), max(ys)

    def shows(self, x: float, y: float, radius: float) -> bool:
        """Return whether something within `radius` of a pixel of the canvas can be in the picture."""
        left, top, right, bottom = self.frame
        return left - radius < x < right + radius and top - radius < y < bottom + radius

    @cached_property
    def reach(self) -> tuple[float, float]:
        """Half the width and half the height of the canvas, in units."""
        return self.colours.width / 2 / self.scale, self.colours.height / 2 / self.scale

    def nearness(self, z: float) -> float:
        """Return how large a length at depth `z` appears, relative to one at the front."""
        focal = self.framing.camera.focal
        return focal / (focal + z)

    def project(self, x: float, y: float, z: float) -> tuple[float, float]:
        """Map a point in units to pixels of the canvas: depth draws it towards the point before the eye."""
        eye_x, eye_y = self.framing.camera.eye
        near = self.nearness(z)
        half_width, half_height = self.reach
        return (
            (half_width + eye_x + (x - eye_x) * near) * self.scale,
            (half_height + eye_y + (y - eye_y) * near) * self.scale,
        )


def render(scene: Scene, camera: Camera, size: tuple[int, int], scale: float, noise: np.random.Generator) -> Picture:
    """Draw `scene` and photograph it.

    Args:
        scene: what stands where.
        camera: from where it is seen, and how.
        size: width and height of the picture, in pixels.
        scale: pixels of the picture to the unit.
        noise: source of the sensor's noise.
    """
    framing = Framing(size, scale, camera)
    colours = Image.new("RGB", framing.canvas_size)
    canvas = _Canvas(scene, framing, colours, Image.new("I", framing.canvas_size))
    draw_wall(ImageDraw.Draw(colours), scene.furniture, canvas.reach, canvas.project)
    for bay in scene.bays:
        if (
            canvas.project(0, bay.floor, 0)[1] > canvas.frame[1]
            and canvas.project(0, bay.ceiling, 0)[1] < canvas.frame[3]
        ):
            _draw_bay(canvas, bay)
    _draw_before(canvas)
    return Picture(take_photo(colours, framing, noise), _visible_boxes(canvas))


def _draw_bay(canvas: _Canvas, bay: Bay) -> None:
    eye_x, eye_y = canvas.framing.camera.eye
    draw = ImageDraw.Draw(canvas.colours)
    half_width = canvas.reach[0]
    _darken(canvas, bay.ceiling, bay.floor, top=150, bottom=30)
    for y in (bay.ceiling, bay.floor):
        above = eye_y < y
        if above == (y == bay.floor):
            draw_board(draw, canvas.scene.furniture.board, y, half_width, canvas.project, above=above)
    for placed in bay.placed:
        if not placed.lift and eye_y < bay.floor:
            _draw_contact_shadow(canvas, draw, placed, bay.floor)
    # Painter's order: back to front; at one depth towards the eye, so that a side face goes behind its neighbour.
    for placed in sorted(bay.placed, key=lambda placed: (-round(placed.z / 6), placed.lift, -abs(placed.x - eye_x))):
        _draw_product(canvas, placed, bay.floor)
    _darken(canvas, bay.ceiling, bay.ceiling + 0.5 * (bay.floor - bay.ceiling), top=120, bottom=0)


def _darken(canvas: _Canvas, y_top: float, y_bottom: float, *, top: int, bottom: int) -> None:
    """Lay a shadow over the whole width, from opacity `top` to `bottom` (of 255)."""
    upper, lower = round(canvas.project(0, y_top, 0)[1]), round(canvas.project(0, y_bottom, 0)[1])
    left, right = max(0, int(canvas.frame[0])), math.ceil(canvas.frame[2])
    ramp = np.linspace(top, bottom, max(1, lower - upper)).astype(np.uint8)[:, None]
    canvas.colours.paste((12, 12, 18), (left, upper), Image.fromarray(np.repeat(ramp, right - left, axis=1)))


def _draw_contact_shadow(canvas: _Canvas, draw: ImageDraw.ImageDraw, placed: Placed, floor: float) -> None:
    half_width, half_depth = placed.product.width * 0.56, placed.product.depth * 0.6
    left, right = (canvas.project(placed.x + side * half_width, floor, placed.z)[0] for side in (-1, 1))
    top, bottom = (canvas.project(0, floor, placed.z + side * half_depth)[1] for side in (1, -1))
    draw.ellipse((left, top, right, bottom), fill=shade(canvas.scene.furniture.board, 0.5))


def _draw_product(canvas: _Canvas, placed: Placed, floor: float) -> None:
    product, foot = placed.product, floor - placed.lift
    z = placed.z - product.depth / 2 if product.flat_sides else placed.z
    x, y = canvas.project(placed.x, foot, z)
    if not canvas.shows(x, y, max(product.width, product.height) * canvas.scale):
        return
    cutout = _cutout(canvas, product, foot, z)
    if placed.tilt:
        cutout = cutout.tilted(placed.tilt)
    corner = (round(x - cutout.colours.width / 2), round(y) - cutout.foot)
    number = len(canvas.drawn) + 1
    sides = _draw_sides(canvas, placed, foot, number) if product.flat_sides else 0
    canvas.drawn.append((product, cutout.area + sides))
    canvas.colours.paste(cutout.colours, corner, cutout.solid)
    canvas.ids.paste(number, corner, cutout.solid)


def _cutout(canvas: _Canvas, product: Product, foot: float, z: float) -> _Cutout:
    """Return the product as it appears at that height and depth; facings of one run share it."""
    key = (product.seed, foot, z)
    if key not in canvas.cutouts:
        sprite = _sprite(canvas, product, foot)
        canvas.cutouts[key] = _Cutout.of(sprite, canvas.nearness(z), _tone(z))
    return canvas.cutouts[key]


def _sprite(canvas: _Canvas, product: Product, foot: float) -> Sprite:
    """Return the product as seen at that height, at the size that it has at the front."""
    key = (product.seed, foot)
    if key not in canvas.sprites:
        camera = canvas.framing.camera
        lean = min(0.4, max(-0.3, (foot - product.height / 2 - camera.eye[1]) / camera.focal))
        canvas.sprites[key] = draw_product(product, View(canvas.scale, lean, canvas.scene.light))
    return canvas.sprites[key]


def _tone(z: float) -> float:
    """Return how much light reaches depth `z`."""
    return 1.0 - 0.3 * min(1.0, max(0.0, z - 14) / 30)


def _draw_sides(canvas: _Canvas, placed: Placed, foot: float, number: int) -> int:
    """Draw the side that is turned to the eye, and the top where it is seen from above; return their area."""
    product = placed.product
    eye_x, eye_y = canvas.framing.camera.eye
    half, front, back = product.width / 2, placed.z - product.depth / 2, placed.z + product.depth / 2
    left, right = placed.x - half, placed.x + half
    top = foot - product.wall_height
    faces, tone = [], _tone(front)
    if not left < eye_x < right:
        x = left if eye_x < left else right
        lit = 0.62 + 0.16 * canvas.scene.light * (-1 if x == left else 1)
        faces.append(([(x, top, front), (x, top, back), (x, foot, back), (x, foot, front)], lit * tone))
    if eye_y < top and product.kind == "box":
        faces.append(([(left, top, front), (right, top, front), (right, top, back), (left, top, back)], 1.08 * tone))
    area = 0.0
    for corners, lit in faces:
        outline = [canvas.project(*corner) for corner in corners]
        area += _area(outline)
        ImageDraw.Draw(canvas.colours).polygon(outline, fill=shade(product.palette.ground, lit))
        ImageDraw.Draw(canvas.ids).polygon(outline, fill=number)
    return round(area)


def _area(outline: list[tuple[float, float]]) -> float:
    """Return the area of a polygon (shoelace formula)."""
    pairs = zip(outline, [*outline[1:], outline[0]], strict=True)
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairs)) / 2


def _draw_before(canvas: _Canvas) -> None:
    """Draw what stands before the products: trays, rails, tags, signs, shoppers."""
    layer = Image.new("RGBA", canvas.colours.size)
    draw = ImageDraw.Draw(layer)
    for bay in canvas.scene.bays:
        for tray in bay.trays:
            draw_thing(draw, tray, canvas.project)
    for bay in canvas.scene.bays:
        draw_rail(draw, canvas.scene.furniture, bay.floor, canvas.reach[0], canvas.project)
    for thing in canvas.scene.before:
        draw_thing(draw, thing, canvas.project)
    mask = layer.getchannel("A")
    canvas.colours.paste(layer, (0, 0), mask)
    canvas.ids.paste(0, (0, 0), mask)


def _visible_boxes(canvas: _Canvas) -> tuple[Box, ...]:
    inside = Image.new("L", canvas.ids.size)
    ImageDraw.Draw(inside).polygon(canvas.framing.corners(), fill=1)
    seen = np.bincount(np.asarray(canvas.ids)[np.asarray(inside, dtype=bool)], minlength=len(canvas.drawn) + 1)
    ids = project_ids(canvas.ids, canvas.framing)
    boxes = []
    for number, (product, whole) in enumerate(canvas.drawn, start=1):
        if seen[number] >= LEAST_VISIBLE * whole:
            box = _extent(ids == number, product.kind)
            if box is not None:
                boxes.append(box)
    return tuple(boxes)


def _extent(visible: NDArray[np.bool_], kind: str) -> Box | None:
    """Return the tight box around true pixels of a (height, width) mask, or None where it is too thin."""
    columns, rows = np.flatnonzero(visible.any(axis=0)), np.flatnonzero(visible.any(axis=1))
    least = LEAST_SIDE * (visible.shape[0] * visible.shape[1]) ** 0.5
    if min(len(columns), len(rows)) < least:
        return None
    return Box(kind, float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
