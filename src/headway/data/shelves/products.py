"""Products and how each looks from the front. Lengths are in units: a 320 x 240 picture is 320 units wide.

Shape alone tells one class from another. Palette, graphics, size and the
material of a cap or a lid are drawn from the same lists for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from headway.contracts.params.scene import NEW_PRODUCT
from headway.data.shelves.labels import PALETTES, Colour, Palette, draw_label, shade

Range = tuple[float, float]

SIZES: dict[str, tuple[tuple[Range, Range], ...]] = {
    "bottle": (((25, 31), (72, 86)),),
    "can": (((30, 36), (48, 58)), ((38, 44), (42, 48))),
    "carton": (((36, 44), (68, 84)), ((30, 36), (54, 64))),
    "jar": (((42, 54), (40, 52)),),
    "bag": (((56, 68), (66, 82)), ((44, 54), (52, 62))),
    "box": (((50, 62), (68, 84)), ((46, 58), (42, 54))),
    NEW_PRODUCT: (((48, 60), (66, 82)),),
}
"""Width and height of each kind, in units: one pair of ranges for each usual format."""

DEPTHS = {"bag": 12.0, "box": 18.0, "carton": 28.0, NEW_PRODUCT: 22.0}
CARTON_ROOF = 0.28
"""Share of a carton's height that its gable takes."""
STACKED = {"can": 0.4, "jar": 0.25, "box": 0.2}
"""Chance that a second one stands on the first, where the shelf leaves room."""

SILVER: Colour = (196, 200, 206)
LIDS: tuple[Colour, ...] = (
    SILVER,
    (208, 170, 84),
    (186, 40, 44),
    (246, 246, 242),
    (40, 42, 48),
    (36, 92, 160),
    (46, 120, 70),
)
FILLINGS: tuple[Colour, ...] = (
    (120, 26, 30), (206, 120, 30), (226, 184, 90), (92, 110, 44),
    (80, 44, 24), (232, 222, 196), (60, 96, 60), (160, 196, 214),
)  # fmt: skip
"""What shows through glass and clear plastic."""


@dataclass(frozen=True)
class Product:
    """One article of a shop: its kind, its size in units, and the seed of everything printed on it."""

    kind: str
    width: float
    height: float
    palette: Palette
    seed: int

    @property
    def depth(self) -> float:
        """Extent from front to back, in units; round products are as deep as wide."""
        return DEPTHS.get(self.kind, self.width)

    @property
    def flat_sides(self) -> bool:
        """Whether it has side faces that a camera off its axis sees."""
        return self.kind in {"box", "carton"}

    @property
    def wall_height(self) -> float:
        """Height of those side faces, in units."""
        return self.height * (1 - CARTON_ROOF if self.kind == "carton" else 1)


@dataclass(frozen=True)
class View:
    """How the camera sees a product: `lean` > 0 from above, `light` is where light comes from (-1 left, 1 right)."""

    scale: float
    lean: float
    light: float


@dataclass(frozen=True)
class Sprite:
    """A drawn product: RGBA pixels, opaque or clear, and the row (from the top) of the line on which it stands."""

    image: Image.Image
    foot: int


def sample_product(rng: Random, kind: str) -> Product:
    """Return a new article of `kind`."""
    widths, heights = rng.choice(SIZES[kind])
    return Product(kind, rng.uniform(*widths), rng.uniform(*heights), rng.choice(PALETTES), rng.getrandbits(32))


def draw_product(product: Product, view: View) -> Sprite:
    """Draw `product` with `view.scale` pixels to the unit; the same arguments give the same pixels."""
    rng = Random(product.seed)  # noqa: S311  (drawing, not cryptography)
    width, height = max(8, round(product.width * view.scale)), max(8, round(product.height * view.scale))
    return _PAINTERS[product.kind](rng, width, height, product.palette, view)


def _bottle(rng: Random, width: int, height: int, palette: Palette, view: View) -> Sprite:
    neck, shoulder = rng.uniform(0.24, 0.34), rng.uniform(0.06, 0.16)
    slim, waist = rng.uniform(0.3, 0.4), rng.choice((1.0, 1.0, 0.88))
    body = neck + shoulder
    knots = (0, 0.09, 0.095, neck, body, body + 0.2, 0.97, 1)
    radii = (slim, slim, slim * 0.86, slim * 0.9, 1, waist, 1, 0.93)
    glass = rng.choice((*FILLINGS, palette.ground, palette.accent))
    skin = Image.new("RGB", (width, height), glass)
    draw = ImageDraw.Draw(skin)
    cap_end = max(0.09, neck * rng.choice((0.4, 0.5, 0.9)))
    _cap(draw, rng, width, round(height * cap_end))
    top = body + rng.uniform(0.02, 0.14)
    _stick(skin, rng, palette, top, min(0.95, top + rng.uniform(0.28, 0.5)))
    return _turn(skin, _profile(knots, radii, width, height), view, gloss=0.5)


def _can(rng: Random, width: int, height: int, palette: Palette, view: View) -> Sprite:
    taper = rng.choice((0.82, 0.88))
    knots, radii = (0, 0.02, 0.08, 0.09, 0.92, 0.93, 1), (taper, taper, 0.96, 1, 1, 0.96, taper)
    skin = Image.new("RGB", (width, height), SILVER)
    _stick(skin, rng, palette, 0.09, 0.92, wrap=True)
    draw = ImageDraw.Draw(skin)
    for level in (0.04, 0.95):
        draw.line((0, height * level, width, height * level), fill=shade(SILVER, 0.6), width=2)
    return _turn(skin, _profile(knots, radii, width, height), view, gloss=0.4, lid=SILVER)


def _jar(rng: Random, width: int, height: int, palette: Palette, view: View) -> Sprite:
    cap = rng.uniform(0.2, 0.26)
    knots = (0, cap, cap + 0.005, cap + 0.05, cap + 0.16, 0.88, 1)
    radii = (0.82, 0.82, 0.72, 0.78, 1, 1, 0.8)
    skin = Image.new("RGB", (width, height), rng.choice(FILLINGS))
    lid = _cap(ImageDraw.Draw(skin), rng, width, round(height * cap))
    top = cap + rng.uniform(0.16, 0.22)
    _stick(skin, rng, palette, top, min(0.9, top + rng.uniform(0.3, 0.42)))
    return _turn(skin, _profile(knots, radii, width, height), view, gloss=0.6, lid=lid)


def _carton(rng: Random, width: int, height: int, palette: Palette, view: View) -> Sprite:
    fin = round(height * 0.07)
    roof = round(height * CARTON_ROOF) - fin
    front = draw_label(rng, width, height - roof - fin, palette)
    image = Image.new("RGBA", (width, height))
    image.paste(front, (0, roof + fin))
    draw = ImageDraw.Draw(image)
    inset = round(width * rng.uniform(0.2, 0.26))
    edge = width - inset - 1
    draw.polygon(
        [(0, roof + fin), (inset, fin), (edge, fin), (width - 1, roof + fin)], fill=shade(palette.ground, 1.14)
    )
    for x in (inset, edge):
        draw.line((width / 2, roof + fin, x, fin), fill=shade(palette.ground, 0.86), width=1)
    draw.rectangle((inset, 0, edge, fin), fill=shade(palette.accent, 0.95))
    draw.line((inset, fin, edge, fin), fill=shade(palette.ground, 0.6), width=1)
    if rng.random() < 0.6:
        middle, radius, cap = width * rng.choice((0.5, 0.36)), width * 0.13, rng.choice(LIDS)
        y = fin + roof * 0.5
        draw.ellipse((middle - radius, y - radius * 0.7, middle + radius, y + radius * 0.9), fill=shade(cap, 0.7))
        draw.ellipse((middle - radius, y - radius, middle + radius, y + radius * 0.6), fill=cap)
    return Sprite(_light_flat(image, view.light), height)


def _box(rng: Random, width: int, height: int, palette: Palette, view: View) -> Sprite:
    image = draw_label(rng, width, height, palette)
    if rng.random() < 0.5:
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, width, max(2, round(height * rng.uniform(0.05, 0.12)))), fill=palette.accent)
    return Sprite(_light_flat(image.convert("RGBA"), view.light), height)


def _bag(rng: Random, width: int, height: int, palette: Palette, view: View) -> Sprite:
    label = draw_label(rng, width, height, palette)
    seam = max(3, round(height * rng.uniform(0.07, 0.1)))
    draw = ImageDraw.Draw(label)
    light, dark = shade(palette.accent, 0.9), shade(palette.accent, 0.75)
    for top in (0, height - seam):
        draw.rectangle((0, top, width, top + seam), fill=light)
        for x in range(0, width, 3):
            draw.line((x, top, x, top + seam), fill=dark)
    outline = Image.new("L", (width, height))
    ImageDraw.Draw(outline).polygon(_pillow_outline(width, height, seam, rng.uniform(0.1, 0.14)), fill=255)
    relief = _creases(rng, width, height, seam, view.light)
    pixels = np.asarray(label, dtype=np.float32) * relief[..., None]
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    image.putalpha(outline)
    return Sprite(image, height)


def _jug(rng: Random, width: int, height: int, palette: Palette, view: View) -> Sprite:
    cap = round(height * 0.17)
    image = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, round(height * 0.3), width - 1, height - 1), width * 0.12, fill=palette.ground)
    draw.polygon(
        [(0, height * 0.42), (width * 0.12, cap), (width * 0.5, cap), (width * 0.98, height * 0.42)],
        fill=palette.ground,
    )
    draw.rectangle((width * 0.12, 0, width * 0.46, cap), fill=rng.choice(LIDS))
    draw.line((width * 0.5, cap * 1.25, width * 0.93, height * 0.4), fill=palette.ground, width=max(3, width // 9))
    draw.line((width * 0.9, height * 0.36, width * 0.9, height * 0.6), fill=palette.ground, width=max(3, width // 9))
    draw.rounded_rectangle((width * 0.62, height * 0.36, width * 0.82, height * 0.58), width * 0.08, fill=(0, 0, 0, 0))
    label = draw_label(rng, round(width * 0.76), round(height * 0.34), rng.choice(PALETTES))
    image.paste(label, (round(width * 0.12), round(height * 0.61)))
    return Sprite(_light_flat(image, view.light, roundness=0.3), height)


_PAINTERS: dict[str, Callable[[Random, int, int, Palette, View], Sprite]] = {
    "bottle": _bottle,
    "can": _can,
    "carton": _carton,
    "jar": _jar,
    "bag": _bag,
    "box": _box,
    NEW_PRODUCT: _jug,
}


def _cap(draw: ImageDraw.ImageDraw, rng: Random, width: int, height: int) -> Colour:
    """Draw a ribbed cap over the first rows of an unrolled skin, and return its colour."""
    colour = rng.choice(LIDS)
    draw.rectangle((0, 0, width, height), fill=colour)
    rib = shade(colour, 0.88)
    for x in range(0, width, 4):
        draw.line((x, 0, x, height), fill=rib)
    draw.line((0, height, width, height), fill=shade(colour, 0.6))
    return colour


def _stick(skin: Image.Image, rng: Random, palette: Palette, top: float, bottom: float, *, wrap: bool = False) -> None:
    """Print a label on an unrolled skin between two heights (0 to 1), around all of it or on the front."""
    width, height = skin.size
    across = width if wrap or rng.random() < 0.6 else round(width * rng.uniform(0.6, 0.8))
    label = draw_label(rng, across, max(6, round(height * (bottom - top))), palette)
    skin.paste(label, ((width - across) // 2, round(height * top)))


def _profile(knots: tuple[float, ...], radii: tuple[float, ...], width: int, height: int) -> NDArray[np.float32]:
    """Return the radius of each row, in pixels, with the corners of the profile eased."""
    rows = np.interp(np.linspace(0, 1, height), knots, radii)
    eased = np.convolve(np.pad(rows, 2, mode="edge"), np.full(5, 0.2), mode="valid")
    return (eased * (width / 2)).astype(np.float32)


def _turn(
    skin: Image.Image, radii: NDArray[np.float32], view: View, *, gloss: float, lid: Colour | None = None
) -> Sprite:
    """Wrap an unrolled skin around a turned body.

    A horizontal circle of radius r shows as an ellipse of half-height |lean| * r,
    so the front of each row lies lower (seen from above) or higher than its rim.
    """
    height = len(radii)
    pad = math.ceil(abs(view.lean) * float(radii.max()))
    half = math.ceil(float(radii.max()))
    y = np.arange(-pad, height + pad, dtype=np.float32)[:, None]
    radius = radii[np.clip(y[:, 0], 0, height - 1).astype(int)][:, None]
    u = (np.arange(-half, half, dtype=np.float32)[None, :] + 0.5) / radius
    inside = np.abs(u) < 1
    u = np.clip(u, -1, 1)
    edge = u * u
    front = np.sqrt(1 - edge)
    row = y - view.lean * radius * front
    column = np.arcsin(u) * np.float32(1 / math.pi) + np.float32(0.5)
    texture = np.asarray(skin)
    rows, columns = np.clip(row, 0, height - 1).astype(int), (column * (skin.width - 1)).astype(int)
    lit = np.clip(0.62 + 0.42 * (0.55 * view.light * u + 0.83 * front) - 0.25 * edge * edge * edge, 0.2, 1.1)
    shine = (gloss * 150) * np.exp(-(((u - 0.5 * view.light - 0.05) / 0.09) ** 2))
    pixels = np.empty((*u.shape, 4), dtype=np.uint8)
    pixels[..., :3] = np.clip(texture[rows, columns] * lit[..., None] + shine[..., None], 0, 255)
    pixels[..., 3] = (inside & (row >= 0) & (row < height)) * np.uint8(255)
    if view.lean > 0:
        top = inside & (row < 0) & (y + view.lean * radius * front >= 0)
        pixels[top] = (*shade(lid, 0.92), 255) if lid else (*texture[0, skin.width // 2], 255)
    return Sprite(Image.fromarray(pixels), pad + height)


def _light_flat(image: Image.Image, light: float, roundness: float = 0.12) -> Image.Image:
    """Shade a flat front from one side to the other."""
    pixels = np.asarray(image).copy()
    across = np.linspace(-1, 1, image.width, dtype=np.float32)
    factor = 0.98 + 0.06 * light * across - roundness * across**4
    pixels[..., :3] = np.clip(pixels[..., :3] * factor[None, :, None], 0, 255)
    return Image.fromarray(pixels)


def _pillow_outline(width: int, height: int, seam: int, pinch: float) -> list[tuple[float, float]]:
    """Return the outline of a filled bag: it swells between two jagged seams, which are narrower by `pinch`."""
    rise = np.linspace(0, 1, 15)
    left = [(width * pinch * (1 - math.sin(math.pi * t) ** 0.6), seam + (height - 2 * seam) * t) for t in rise]
    right = [(width - 1 - x, y) for x, y in left]
    inset, teeth = width * pinch * 0.7, 12
    top = [(inset + (width - 2 * inset) * i / teeth, 0.0 if i % 2 else 4.0) for i in range(teeth + 1)]
    bottom = [(x, height - 1 - y) for x, y in reversed(top)]
    return [*top, *right, *bottom, *reversed(left)]


def _creases(rng: Random, width: int, height: int, seam: int, light: float) -> NDArray[np.float32]:
    """Return (height, width) light factors of crumpled foil: a bulge, folds from the seams, shiny spots."""
    folds = Image.new("L", (width, height), 128)
    draw = ImageDraw.Draw(folds)
    for _ in range(rng.randint(9, 14)):
        x, top = rng.uniform(0, width), rng.random() < 0.5
        start, run = (seam, 1) if top else (height - seam, -1)
        end = (x + rng.uniform(-0.2, 0.2) * width, start + run * height * rng.uniform(0.12, 0.4))
        draw.line((x, start, *end), fill=rng.choice((60, 200, 230)), width=rng.randint(2, 5))
    relief = np.asarray(folds.filter(ImageFilter.GaussianBlur(2.5)), dtype=np.float32) / 128
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    bulge = 1.1 - 0.5 * np.abs(across) ** 3 - 0.2 * down**4 + 0.14 * light * across
    sheen = 0.5 * np.exp(-(((across - 0.45 * light - 0.12 * down) / 0.1) ** 2)) * (1 - down * down)
    return np.asarray((0.4 + 0.6 * relief) * bulge + sheen, dtype=np.float32)
