from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.contracts.params.scene import PRODUCT_KINDS, SceneDrift, SceneSpec
from headway.data.shelves import draw_picture
from headway.data.shelves.labels import PALETTES
from headway.data.shelves.photo import Framing
from headway.data.shelves.products import SIZES, Product, View, draw_product, sample_product
from headway.data.shelves.render import LEAST_SIDE, Picture, render
from headway.data.shelves.scene import Bay, Camera, Furniture, Placed, Scene, Thing, sample_camera, units_of

STRAIGHT = Camera(
    eye=(0.0, 0.0),
    focal=280.0,
    centre=(0.0, 0.0),
    zoom=1.0,
    roll=0.0,
    yaw=0.0,
    pitch=0.0,
    exposure=1.0,
    tint=(1.0, 1.0, 1.0),
    falloff=(0.0, 0.0, 0.0),
    blur_px=0.0,
    noise=0.0,
)
FURNITURE = Furniture((200, 200, 200), "plain", (230, 230, 230), (240, 240, 240), ())
BOX = Product("box", 50.0, 80.0, PALETTES[0], seed=1)


def shelf(*placed: Placed, before: tuple[Thing, ...] = ()) -> Picture:
    """Photograph one bay whose floor is 60 units below the middle, straight from the front at 320 x 240."""
    scene = Scene(FURNITURE, (Bay(-60.0, 60.0, placed, ()),), before, light=0.0)
    return render(scene, STRAIGHT, (320, 240), 1.0, np.random.default_rng(0))


def test_a_box_is_tight_around_the_product() -> None:
    (box,) = shelf(Placed(BOX, x=0.0, z=9.0)).boxes
    assert (135, -20 + 120, 185, 180) == pytest.approx((box.x_min, box.y_min, box.x_max, box.y_max), abs=1.5)
    assert "box" == box.class_name


def test_a_box_ends_at_the_edge_of_the_picture() -> None:
    whole, cut = (shelf(Placed(BOX, x=x, z=9.0)).boxes[0] for x in (-120.0, -150.0))
    assert 0.0 == cut.x_min < whole.x_min
    assert whole.x_max - 30 == pytest.approx(cut.x_max, abs=3)


def test_a_product_mostly_outside_the_picture_has_no_box() -> None:
    assert () == shelf(Placed(BOX, x=-180.0, z=9.0)).boxes


def test_a_box_leaves_out_what_another_product_hides() -> None:
    whole = shelf(Placed(BOX, x=-30.0, z=40.0)).boxes[0]
    hidden, front = shelf(Placed(BOX, x=0.0, z=12.0), Placed(BOX, x=-30.0, z=40.0)).boxes
    assert (whole.x_min, front.x_min) == (hidden.x_min, hidden.x_max)
    assert hidden.x_max < whole.x_max - 10


def test_a_product_mostly_hidden_by_another_has_no_box() -> None:
    assert 1 == len(shelf(Placed(BOX, x=0.0, z=12.0), Placed(BOX, x=2.0, z=40.0)).boxes)


def test_a_product_behind_a_poster_has_no_box() -> None:
    poster = Thing("poster", x=0.0, y=-60.0, width=90.0, height=130.0, seed=3)
    assert () == shelf(Placed(BOX, x=0.0, z=9.0), before=(poster,)).boxes


def test_a_tray_cuts_the_foot_off_a_box() -> None:
    plain = shelf(Placed(BOX, x=0.0, z=9.0)).boxes[0]
    tray = Thing("tray", x=-60.0, y=60.0, width=120.0, height=18.0, seed=3)
    cut = shelf(Placed(BOX, x=0.0, z=9.0), before=(tray,)).boxes[0]
    assert (plain.y_min, True) == (cut.y_min, cut.y_max < plain.y_max - 10)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    size=st.sampled_from([[96, 96], [192, 96], [160, 120]]),
    density=st.sampled_from([0.5, 1.0, 4.0]),
)
def test_boxes_lie_inside_the_picture_and_are_not_degenerate(seed: int, size: list[int], density: float) -> None:
    spec = SceneSpec(seed=seed, size=size, drift=SceneDrift(density=density))
    picture = draw_picture(spec, "val", 0)
    width, height = size
    assert (width, height) == picture.image.size
    least = LEAST_SIDE * (width * height) ** 0.5
    for box in picture.boxes:
        assert 0 <= box.x_min <= box.x_max - least <= width
        assert 0 <= box.y_min <= box.y_max - least <= height
        assert box.x_max <= width and box.y_max <= height


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 1_000_000), size=st.sampled_from([[320, 240], [320, 160], [160, 320], [256, 256]]))
def test_no_camera_looks_past_the_edge_of_the_canvas(seed: int, size: list[int]) -> None:
    spec = SceneSpec(size=size)
    framing = Framing((size[0], size[1]), size[0] / units_of(spec)[0], sample_camera(Random(seed), spec))
    width, height = framing.canvas_size
    assert all(0 <= x <= width and 0 <= y <= height for x, y in framing.corners())


@pytest.mark.parametrize("kind", SIZES)
def test_a_product_fills_its_size_and_repeats_exactly(kind: str) -> None:
    product = sample_product(Random(4), kind)
    sprite, again = (draw_product(product, View(2.0, 0.1, 0.3)) for _ in range(2))
    left, _, right, bottom = sprite.image.getchannel("A").getbbox() or (0, 0, 0, 0)
    assert product.width * 2 == pytest.approx(right - left, abs=5)
    assert sprite.foot <= bottom + 3
    assert sprite.image.tobytes() == again.image.tobytes()


@pytest.mark.parametrize("kind", PRODUCT_KINDS)
def test_every_palette_occurs_in_every_class(kind: str) -> None:
    rng = Random(0)
    assert set(PALETTES) == {sample_product(rng, kind).palette for _ in range(300)}
