"""Which problems and images a contact sheet shows."""

from __future__ import annotations

from pathlib import Path

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.data.examples import choose_examples, image_ids_of, make_examples
from headway.data.source import SourceImage
from headway.ports import Picture

CUP, JAR = Box("cup", 0, 0, 9, 9), Box("jar", 5, 5, 20, 20)


def tiny(image_id: str | None, box: int | None = None, others: tuple[str, ...] = ()) -> Problem:
    return Problem("box-tiny", "tiny", "a.txt", 1, image_id, box, others)


def image(image_id: str, *boxes: Box) -> SourceImage:
    return SourceImage(image_id, Path(f"{image_id}.png"), boxes, "a.txt", (1,) * len(boxes))


def test_an_image_is_shown_once() -> None:
    first = tiny("a", 0)
    assert [first, tiny("b", 0)] == choose_examples([first, tiny("a", 1), tiny("b", 0)])


def test_only_the_first_twelve_are_shown() -> None:
    problems = [tiny(f"{number:02}") for number in range(30)]
    assert problems[:12] == choose_examples(problems)


def test_problem_of_no_image_is_not_shown() -> None:
    assert [] == choose_examples([tiny(None)])


def test_copies_are_shown_beside_their_image() -> None:
    assert ("a", "b", "c") == image_ids_of(tiny("a", others=("a", "b", "c", "d")))
    assert ("b", "c") == image_ids_of(tiny(None, others=("b", "c")))


def test_the_bad_box_is_marked_on_its_own_image_only() -> None:
    problem = tiny("a", 1, others=("b",))
    (example,) = make_examples([problem], {"a": image("a", CUP, JAR), "b": image("b", CUP, JAR)}, {})
    assert ((1,), ()) == tuple(picture.bad for picture in example)


def test_a_detection_is_marked_beside_the_labels() -> None:
    problem = tiny("a")
    (example,) = make_examples([problem], {"a": image("a", CUP)}, {problem: JAR})
    assert (Picture("a", Path("a.png"), (CUP, JAR), (1,)),) == example


def test_image_that_is_not_there_is_left_out() -> None:
    assert [] == make_examples([tiny("gone")], {}, {})
