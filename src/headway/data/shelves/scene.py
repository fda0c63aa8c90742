"""What stands where: samples a scene and a camera from a spec. Nothing is drawn here.

Lengths are in units (see products.py). x runs right and y down from the middle
of the shelf's front; z runs from the front into the shelf.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from random import Random

from headway.contracts.params.scene import NEW_PRODUCT, SceneDrift, SceneSpec
from headway.data.shelves.labels import Colour
from headway.data.shelves.products import STACKED, Product, sample_product

SHELF_DEPTH = 62.0
BOARD = 4.0
"""Thickness of a board."""
RAIL = 11.0
"""Height of the price rail below a board's front edge."""
MARGIN = 28.0
"""How far the shelf goes on beyond the picture, for cameras that look askew."""

WALLS: tuple[Colour, ...] = (
    (214, 214, 208),
    (176, 180, 184),
    (96, 100, 108),
    (196, 170, 134),
    (150, 116, 82),
    (226, 220, 206),
)
BOARDS: tuple[Colour, ...] = ((236, 236, 232), (206, 208, 210), (70, 72, 78), (186, 146, 102), (222, 206, 178))
RAILS: tuple[Colour, ...] = (
    (240, 240, 238),
    (206, 208, 212),
    (244, 206, 60),
    (190, 40, 44),
    (40, 84, 150),
    (52, 56, 62),
    (70, 140, 80),
)


@dataclass(frozen=True)
class Placed:
    """A product on a board: x and z of its middle, how high its foot is above the board, its tilt in degrees."""

    product: Product
    x: float
    z: float
    lift: float = 0.0
    tilt: float = 0.0


@dataclass(frozen=True)
class Thing:
    """Something on or before the shelf that is no product: kind, place, width and height, and a seed for its look."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    seed: int


@dataclass(frozen=True)
class Bay:
    """The room between two boards, down to y = `floor`."""

    ceiling: float
    floor: float
    placed: tuple[Placed, ...]
    trays: tuple[Thing, ...]


@dataclass(frozen=True)
class Furniture:
    """Colours and pattern of the shelf itself."""

    wall: Colour
    pattern: str
    board: Colour
    rail: Colour
    uprights: tuple[float, ...]


@dataclass(frozen=True)
class Scene:
    """A stretch of shelf. `before` hides parts of it: tags, signs, a hand, a basket."""

    furniture: Furniture
    bays: tuple[Bay, ...]
    before: tuple[Thing, ...]
    light: float
    """Where light comes from: -1 left, 1 right."""


@dataclass(frozen=True)
class Camera:
    """Where a picture is taken from, and how light and sensor treat it."""

    eye: tuple[float, float]
    """The point of the front plane that the camera stands before; parallel lines run to it."""
    focal: float
    centre: tuple[float, float]
    zoom: float
    roll: float
    yaw: float
    pitch: float
    exposure: float
    tint: tuple[float, float, float]
    falloff: tuple[float, float, float]
    """Light across the picture: change from left to right, from top to bottom, loss in the corners."""
    blur_px: float
    noise: float
    """Standard deviation of the sensor's noise, in grey levels."""


def units_of(spec: SceneSpec) -> tuple[float, float]:
    """Return width and height of the pictured stretch, in units: its area grows with the density."""
    width, height = spec.size
    scale = math.sqrt(width * height / (320 * 240 * spec.drift.density))
    return width / scale, height / scale


def sample_scene(rng: Random, newcomers: Random, spec: SceneSpec) -> Scene:
    """Return a scene; `newcomers` decides where the new product stands, so that the rest stays as it is."""
    width, height = units_of(spec)
    half_width, half_height = width / 2 + MARGIN, height / 2 + MARGIN
    pitch = rng.uniform(98, 110)
    # Whoever photographs shelves frames whole bays, most of the time.
    framed = rng.random() < 0.75
    floor = pitch - height / 2 + (rng.uniform(-2, 22) if framed else rng.uniform(-0.8, 0.2) * pitch)
    floor -= pitch * math.ceil((floor - pitch + half_height) / pitch)
    bays, before = [], []
    while floor - pitch < half_height:
        bay, things = _sample_bay(rng, newcomers, spec, half_width, floor - pitch, floor)
        bays.append(bay)
        before += things
        floor += pitch
    before += _foreground(rng, width, height)
    return Scene(_furniture(rng, half_width), tuple(bays), tuple(before), rng.uniform(-0.8, 0.8))


def sample_camera(rng: Random, spec: SceneSpec) -> Camera:
    """Return a camera before the middle of the scene, with the light of the day and the drift of the spec."""
    drift = spec.drift
    warmth = rng.gauss(0, 0.05) + 0.4 * drift.warmth
    tint = (1 + warmth, 1 + 0.12 * warmth + rng.gauss(0, 0.01), 1 - warmth)
    return Camera(
        eye=(rng.uniform(-70, 70), rng.uniform(-70, 40)),
        focal=rng.uniform(230, 330),
        centre=(rng.uniform(-10, 10), rng.uniform(-10, 10)),
        zoom=rng.uniform(1.08, 1.24),
        roll=math.radians(rng.triangular(-4, 4, 0)),
        yaw=rng.uniform(-0.12, 0.12),
        pitch=rng.uniform(-0.1, 0.1),
        exposure=rng.uniform(0.82, 1.14) * drift.brightness,
        tint=tint,
        falloff=(rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.1), rng.uniform(0.0, 0.22)),
        blur_px=math.hypot(rng.choice((0.0, 0.0, 0.4, 0.7)), drift.blur_px),
        noise=rng.uniform(1.5, 5.0),
    )


def _furniture(rng: Random, half_width: float) -> Furniture:
    step = rng.uniform(150, 230)
    start = -half_width + rng.uniform(0, step)
    uprights = tuple(start + step * i for i in range(math.ceil((half_width - start) / step)))
    pattern = rng.choice(("plain", "holes", "slats"))
    return Furniture(rng.choice(WALLS), pattern, rng.choice(BOARDS), rng.choice(RAILS), uprights)


def _sample_bay(
    rng: Random, newcomers: Random, spec: SceneSpec, half_width: float, ceiling: float, floor: float
) -> tuple[Bay, list[Thing]]:
    """Fill one bay with runs of products from left to right; return it, and the tags and signs on its rail."""
    drift = spec.drift
    room = floor - ceiling - BOARD - RAIL
    placed: list[Placed] = []
    trays, tags = [], []
    x = -half_width - rng.uniform(0, 50)
    while x < half_width:
        if rng.random() < 0.16 / drift.density:
            x += rng.uniform(24, 60)
        run, x_end = _sample_run(rng, _next_product(rng, newcomers, spec, room), x, room, drift)
        placed += run
        if rng.random() < 0.08:
            trays.append(Thing("tray", x - 1, floor, x_end - x + 2, rng.uniform(8, 14), rng.getrandbits(32)))
        tags += _tags(rng, x, x_end, floor)
        x = x_end + rng.uniform(2, 9) / drift.density
    if rng.random() < 0.25:
        placed.append(_stray(rng, spec, half_width, room))
    return Bay(ceiling, floor, tuple(placed), tuple(trays)), tags


def _next_product(rng: Random, newcomers: Random, spec: SceneSpec, room: float) -> Product:
    product = sample_product(rng, rng.choice(spec.products))
    newcomer = sample_product(newcomers, NEW_PRODUCT)
    if newcomers.random() < spec.drift.new_product:
        product = newcomer
    return replace(product, height=min(product.height, 0.95 * room))


def _sample_run(rng: Random, product: Product, x: float, room: float, drift: SceneDrift) -> tuple[list[Placed], float]:
    """Set facings of one product side by side from `x` on, some sold from the front, some stacked."""
    placed = []
    facings = rng.choice((1, 2, 2, 3) if product.width < 48 else (1, 1, 2))
    gap = rng.uniform(0.5, 3.0) / drift.density
    stacked = rng.random() < STACKED.get(product.kind, 0) and 2 * product.height < 0.98 * room
    front = product.depth / 2 + rng.uniform(2, 5)
    behind = min(front + product.depth + 2, SHELF_DEPTH - product.depth / 2)
    for _ in range(facings):
        middle = x + product.width / 2
        tilt = rng.gauss(0, 2) if rng.random() < 0.15 else 0.0
        sold = rng.random() < 0.14 / drift.density
        if rng.random() < 0.6:
            placed.append(Placed(product, middle + rng.gauss(0, 2.5), behind))
        if not sold:
            placed.append(Placed(product, middle, front, tilt=0.0 if stacked else tilt))
            if stacked and rng.random() < 0.75:
                placed.append(Placed(product, middle + rng.gauss(0, 1), front, lift=product.height))
        x += product.width + gap
    return placed, x


def _stray(rng: Random, spec: SceneSpec, half_width: float, room: float) -> Placed:
    """Return a product that a customer put back in the wrong place, before others."""
    product = sample_product(rng, rng.choice(spec.products))
    product = replace(product, height=min(product.height, 0.9 * room))
    return Placed(product, rng.uniform(-0.8, 0.8) * half_width, product.depth / 2 - 6, tilt=rng.gauss(0, 3))


def _tags(rng: Random, x: float, x_end: float, floor: float) -> list[Thing]:
    """Return the price tag of a run, and now and then a sign that sticks out from the rail."""
    things = []
    if rng.random() < 0.85:
        width = rng.uniform(16, 26)
        things.append(Thing("tag", rng.uniform(x, max(x, x_end - width)), floor, width, RAIL, rng.getrandbits(32)))
    if rng.random() < 0.07:
        size = rng.uniform(20, 28)
        things.append(Thing("wobbler", (x + x_end) / 2, floor + RAIL + size * 0.3, size, size, rng.getrandbits(32)))
    elif rng.random() < 0.06:
        things.append(Thing("sign", x, floor - 16, rng.uniform(34, 50), 30, rng.getrandbits(32)))
    return things


def _foreground(rng: Random, width: float, height: float) -> list[Thing]:
    """Return what is between camera and shelf in some pictures: a shopper's arm, a basket, a hanging poster."""
    things = []
    chance = rng.random()
    side = rng.choice((-1, 1))
    if chance < 0.1:
        x, y = rng.uniform(-0.3, 0.3) * width, rng.uniform(0.1, 0.35) * height
        things.append(Thing("hand", x, y, side * rng.uniform(30, 38), height, rng.getrandbits(32)))
    elif chance < 0.2:
        x = side * rng.uniform(0.25, 0.4) * width
        things.append(
            Thing("basket", x, height / 2 + 6, rng.uniform(90, 120), rng.uniform(40, 54), rng.getrandbits(32))
        )
    elif chance < 0.32:
        x = side * rng.uniform(0.1, 0.42) * width
        things.append(
            Thing("poster", x, -height / 2 - 14, rng.uniform(44, 60), rng.uniform(60, 84), rng.getrandbits(32))
        )
    return things
