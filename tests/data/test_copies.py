"""Copies, groups and leaks, by hashes that are made up."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import Split
from headway.contracts.params.prepare import GroupParams
from headway.data.copies import check_copies, check_leaks, group_images
from headway.data.scan import Scanner
from headway.data.source import SourceImage
from headway.data.survey import Seen
from headway.integrations.imagehash import hash_image
from headway.integrations.pillow.inspection import make_inspector
from headway.integrations.pillow.reading import read_image_size

PARAMS = GroupParams()
FAR = 0x0F0F_3C3C_5555_AAAA


def seen(
    image_id: str,
    sha256: str | None = None,
    perceptual: int | None = None,
    average: int | None = None,
    mode: str = "RGB",
    session: str | None = None,
) -> Seen:
    return Seen(
        image_id, f"{image_id}.jpg", sha256 or f"sha of {image_id}", perceptual, average, mode, None, session, ()
    )


def found(problems: list[Seen] | tuple[Seen, ...], code: str) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(one.image_id, one.others) for one in check_copies(problems, PARAMS) if one.code == code]


def leaks(images: list[Seen], *splits: Split) -> list[tuple[str, str | None, tuple[str, ...]]]:
    given_splits = {one.image_id: split for one, split in zip(images, splits, strict=True)}
    return [(one.code, one.image_id, one.others) for one in check_leaks(images, given_splits, PARAMS)]


def test_each_exact_copy_names_the_first_by_id() -> None:
    images = [seen("c", "same"), seen("a", "same"), seen("b", "same")]

    assert [("b", ("a",)), ("c", ("a",))] == found(images, "image-duplicate")


def test_exact_copies_are_no_near_duplicates_as_well() -> None:
    assert [] == found([seen("a", "same", 5), seen("b", "same", 5)], "image-near-duplicate")


@pytest.mark.parametrize(("bits", "expected"), [(0, [("b", ("a",))]), (8, [("b", ("a",))]), (9, [])])
def test_near_duplicates_differ_in_at_most_eight_bits(bits: int, expected: list[object]) -> None:
    images = [seen("a", perceptual=0), seen("b", perceptual=(1 << bits) - 1)]

    assert expected == found(images, "image-near-duplicate")


def test_a_near_duplicate_names_the_nearest_earlier_image() -> None:
    images = [seen("a", perceptual=0), seen("b", perceptual=0xFF00), seen("c", perceptual=0x0100)]

    assert [("b", ("a",)), ("c", ("a",))] == sorted(found(images, "image-near-duplicate"))


def test_images_that_show_nothing_are_no_near_duplicates() -> None:
    images = [seen("a"), seen("b")]

    assert [] == [one.code for one in check_copies(images, PARAMS)]


def test_images_that_look_alike_are_one_problem() -> None:
    images = [seen("a", average=0), seen("b", average=3), seen("c", average=15), seen("d", average=FAR)]

    assert [("a", ("b", "c"))] == found(images, "image-similar")


def test_augmented_copies_of_a_photo_are_one_problem_in_whatever_folder() -> None:
    images = [seen("train/x_jpg.rf.0a1b"), seen("valid/x_jpg.rf.77ff"), seen("train/y_jpg.rf.1234"), seen("x_jpg")]

    assert [("train/x_jpg.rf.0a1b", ("valid/x_jpg.rf.77ff",))] == found(images, "image-augmented")


@pytest.mark.parametrize(("grey", "expected"), [(1, ["g0"]), (2, [])])
def test_a_mode_of_less_than_a_tenth_is_rare(grey: int, expected: list[str]) -> None:
    images = [seen(f"c{index:02}") for index in range(20 - grey)] + [seen(f"g{i}", mode="L") for i in range(grey)]

    assert expected == [one for one, _ in found(images, "image-colour-mode")]


def test_a_group_is_chained_by_bytes_nearness_copies_and_sessions() -> None:
    images = [
        seen("a", "2", 0),
        seen("b", "1", 0xFF),
        seen("c", "3", 0xFFFF),
        seen("d_jpg.rf.1", "3", FAR),
        seen("d_jpg.rf.2", "5", ~FAR & (2**64 - 1)),
        seen("e", "6"),
    ]

    groups = group_images(images, PARAMS)

    assert {"1"} == {groups[one.image_id] for one in images[:5]}
    assert "6" == groups["e"]


def test_a_session_names_its_group() -> None:
    groups = group_images([seen("a", "1", session="monday"), seen("b", "1"), seen("c", session="monday")], PARAMS)

    assert {"a": "monday", "b": "monday", "c": "monday"} == groups


def test_augmented_copies_may_stay_apart() -> None:
    images = [seen("x.rf.1"), seen("x.rf.2")]

    assert 2 == len(set(group_images(images, GroupParams(augmented_copies=False)).values()))


images_of = st.lists(
    st.builds(
        lambda sha, value, session: (sha, value, session),
        st.sampled_from(["1", "2", "3", "4", "5", "6"]),
        st.none() | st.integers(0, 2**12),
        st.none() | st.sampled_from(["s", "t"]),
    ),
    max_size=10,
)


@given(images_of, st.randoms())
def test_groups_do_not_depend_on_the_order(facts: list[tuple[str, int | None, str | None]], random: Random) -> None:
    images = [seen(f"{index}", sha, value, session=session) for index, (sha, value, session) in enumerate(facts)]
    shuffled = list(images)
    random.shuffle(shuffled)

    assert group_images(images, PARAMS) == group_images(shuffled, PARAMS)
    assert check_copies(images, PARAMS) == check_copies(shuffled, PARAMS)


@given(images_of)
def test_linked_images_are_in_one_group(facts: list[tuple[str, int | None, str | None]]) -> None:
    images = [seen(f"{index}", sha, value, session=session) for index, (sha, value, session) in enumerate(facts)]
    groups = group_images(images, PARAMS)

    for one in images:
        for other in images:
            near = one.perceptual_hash is not None and other.perceptual_hash is not None
            near = near and (int(one.perceptual_hash or 0) ^ int(other.perceptual_hash or 0)).bit_count() <= 8
            if near or one.sha256 == other.sha256 or (one.session and one.session == other.session):
                assert groups[one.image_id] == groups[other.image_id]


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (seen("a", "same"), seen("b", "same"), "leak-duplicate"),
        (seen("a", perceptual=0), seen("b", perceptual=7), "leak-near-duplicate"),
        (seen("x.rf.1"), seen("x.rf.2"), "leak-augmented"),
        (seen("a", session="s"), seen("b", session="s"), "leak-group"),
    ],
)
def test_related_images_on_different_sides_leak(first: Seen, second: Seen, code: str) -> None:
    expected = [(code, first.image_id, (second.image_id,))]

    assert expected == leaks([first, second], "train", "test")
    assert expected == leaks([first, second], "val", "fresh")
    assert expected == leaks([first, second], "train", "val")
    assert [] == leaks([first, second], "test", "fresh")
    assert [] == leaks([first, second], "train", "train")


def test_the_closest_relation_is_named() -> None:
    images = [seen("x.rf.1", "same", 1), seen("x.rf.2", "same", 1)]

    assert [("leak-duplicate", "x.rf.1", ("x.rf.2",))] == leaks(images, "train", "test")


def test_every_copy_in_train_is_a_leak_also_with_one_hash() -> None:
    images = [seen("a", perceptual=9), seen("b", perceptual=9), seen("c", perceptual=9), seen("d", perceptual=8)]

    assert [("leak-near-duplicate", name, ("d",)) for name in "abc"] == leaks(images, "train", "train", "train", "test")


def test_a_leak_names_images_and_splits() -> None:
    images = [seen("a", "same"), seen("b", "same")]

    (leak,) = check_leaks(images, {"a": "train", "b": "test"}, PARAMS)

    assert "a (train) has the same bytes as b (test)" == leak.message


COUNTS = {
    "bccd/**/*.jpg": {"image-near-duplicate": 1, "image-similar": 1},
    "deeppcb/**/*_test.jpg": {"image-similar": 2, "image-colour-mode": 5},
    "grocery_shelf/**/*.jpg": {"image-near-duplicate": 5, "image-augmented": 80},
}


@pytest.mark.parametrize("pattern", COUNTS)
def test_what_the_real_sets_readmes_count_is_found(shared_folder: Path, pattern: str) -> None:
    images = look(shared_folder / "datasets", pattern)
    codes = [one.code for one in check_copies(images, PARAMS)]

    assert COUNTS[pattern] == {code: codes.count(code) for code in dict.fromkeys(codes)}


def test_the_pairs_of_the_readmes_are_found(shared_folder: Path) -> None:
    images = look(shared_folder / "datasets", "deeppcb/**/*_test.jpg")
    pairs = [{(one or "")[-13:], *(name[-13:] for name in others)} for one, others in found(images, "image-similar")]

    assert [{"20085034_test", "20085112_test"}, {"20085268_test", "20085294_test"}] == pairs


def test_groups_of_a_real_set_do_not_chain_into_one(shared_folder: Path) -> None:
    groups = list(group_images(look(shared_folder / "datasets", "grocery_shelf/**/*.jpg"), PARAMS).values())

    assert max(groups.count(group) for group in groups) <= 6


def look(root: Path, pattern: str) -> list[Seen]:
    paths = sorted(root.glob(pattern))
    sources = [SourceImage(path.relative_to(root).with_suffix("").as_posix(), path) for path in paths]
    with Scanner(make_inspector(hash_image), read_image_size, None) as scanner:
        return [
            seen(image.image_id, facts.sha256, facts.perceptual_hash, facts.average_hash, facts.mode)
            for image, facts in scanner.scan(sources)
        ]
