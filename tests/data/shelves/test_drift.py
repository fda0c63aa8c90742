"""Each knob of drift changes what it says, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from headway.contracts.params.scene import SceneDrift, SceneSpec
from headway.data.shelves import draw_picture
from headway.data.shelves.render import Picture

IMAGES = 6


def drawn(**drift: Any) -> list[Picture]:
    spec = SceneSpec(size=[160, 120], drift=SceneDrift(**drift))
    return [draw_picture(spec, "train", index) for index in range(IMAGES)]


def pixels_of(pictures: list[Picture]) -> NDArray[np.float64]:
    return np.stack([np.asarray(picture.image, dtype=np.float64) for picture in pictures])


def boxes_of(pictures: list[Picture]) -> list[Any]:
    return [picture.boxes for picture in pictures]


def gradient_energy(pictures: list[Picture]) -> float:
    return float((np.diff(pixels_of(pictures).mean(axis=3), axis=2) ** 2).mean())


@pytest.fixture(scope="module")
def neutral() -> list[Picture]:
    return drawn()


@pytest.mark.parametrize("factor", [0.5, 0.8])
def test_brightness_scales_the_mean_and_moves_no_box(neutral: list[Picture], factor: float) -> None:
    dimmed = drawn(brightness=factor)
    assert factor == pytest.approx(pixels_of(dimmed).mean() / pixels_of(neutral).mean(), rel=0.06)
    assert boxes_of(neutral) == boxes_of(dimmed)


def test_more_light_is_brighter(neutral: list[Picture]) -> None:
    assert pixels_of(neutral).mean() * 1.2 < pixels_of(drawn(brightness=1.5)).mean()


def test_warmth_shifts_red_against_blue_and_moves_no_box(neutral: list[Picture]) -> None:
    def red_minus_blue(pictures: list[Picture]) -> float:
        return float(pixels_of(pictures)[..., 0].mean() - pixels_of(pictures)[..., 2].mean())

    cold, warm = drawn(warmth=-0.6), drawn(warmth=0.6)
    assert red_minus_blue(cold) < red_minus_blue(neutral) - 10 < red_minus_blue(warm) - 20
    assert boxes_of(neutral) == boxes_of(cold) == boxes_of(warm)


def test_blur_takes_edges_keeps_brightness_and_moves_no_box(neutral: list[Picture]) -> None:
    blurred = drawn(blur_px=2.0)
    assert gradient_energy(blurred) < 0.5 * gradient_energy(neutral)
    assert pixels_of(neutral).mean() == pytest.approx(pixels_of(blurred).mean(), rel=0.02)
    assert boxes_of(neutral) == boxes_of(blurred)


def test_the_new_product_is_absent_at_zero_and_unlabelled_until_the_spec_says_so(neutral: list[Picture]) -> None:
    unlabelled = drawn(new_product=0.4)
    assert not np.array_equal(pixels_of(neutral), pixels_of(unlabelled))
    assert "jug" not in {box.class_name for boxes in boxes_of([*neutral, *unlabelled]) for box in boxes}


def test_labelling_the_new_product_adds_its_boxes_and_its_class_and_no_pixel() -> None:
    unlabelled, labelled = drawn(new_product=0.4), drawn(new_product=0.4, label_new_product=True)
    assert np.array_equal(pixels_of(unlabelled), pixels_of(labelled))
    known = [tuple(box for box in boxes if box.class_name != "jug") for boxes in boxes_of(labelled)]
    assert boxes_of(unlabelled) == known != boxes_of(labelled)
    spec = SceneSpec(drift=SceneDrift(new_product=0.4, label_new_product=True))
    assert (*SceneSpec().classes, "jug") == spec.classes


def test_density_puts_more_and_smaller_products_in_a_picture(neutral: list[Picture]) -> None:
    def count(pictures: list[Picture]) -> int:
        return sum(map(len, boxes_of(pictures)))

    def mean_height(pictures: list[Picture]) -> float:
        return float(np.mean([box.y_max - box.y_min for boxes in boxes_of(pictures) for box in boxes]))

    dense = drawn(density=2.0)
    assert 1.6 * count(neutral) < count(dense)
    assert mean_height(dense) < 0.85 * mean_height(neutral)
