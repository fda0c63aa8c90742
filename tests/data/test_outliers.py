"""Which images stand out from their set."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headway.contracts.problem import Problem
from headway.data.outliers import check_outliers
from headway.data.survey import Seen

USUAL = Seen("", "", "", None, None, "RGB", None, None, (("cup", 2),), 640, 480)


def images(*odd: Seen, usual: int = 40) -> list[Seen]:
    seen = [*odd, *[USUAL] * usual]
    return [replace(one, image_id=str(number), file=f"{number}.png") for number, one in enumerate(seen)]


def test_images_alike_have_no_outlier() -> None:
    assert [] == check_outliers(images())


@pytest.mark.parametrize("size", [(6400, 480), (64, 240)])
def test_image_of_an_odd_size(size: tuple[int, int]) -> None:
    (problem,) = check_outliers(images(replace(USUAL, width=size[0], height=size[1])))
    message = f"{size[0]} x {size[1]} pixels; the median is 307,200 pixels in all"
    assert Problem("image-odd-size", message, "0.png", image_id="0") == problem


def test_image_with_far_more_boxes_than_the_others() -> None:
    (problem,) = check_outliers(images(replace(USUAL, boxes=(("cup", 6), ("jar", 5)))))
    assert ("image-many-boxes", "11 boxes; the median is 2") == (problem.code, problem.message)


def test_images_up_to_the_limits_are_usual() -> None:
    assert [] == check_outliers(images(replace(USUAL, width=5120, boxes=(("cup", 10),))))


def test_background_images_do_not_make_others_stand_out() -> None:
    assert [] == check_outliers(images(*[replace(USUAL, boxes=())] * 100))


def test_what_many_images_share_is_a_habit() -> None:
    assert [] == check_outliers(images(*[replace(USUAL, width=6400)] * 3))


def test_a_few_images_have_no_habit() -> None:
    assert [] == check_outliers(images(replace(USUAL, width=6400), usual=10))
