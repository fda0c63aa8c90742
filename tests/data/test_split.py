"""Where images go: the ledger first, then the source, then the salted hash."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import SPLITS, Split
from headway.contracts.params.prepare import PrepareParams, SplitParams
from headway.data.split import Assignment, Member, assign_splits, find_leaks, hashed_split, side

SHARES = SplitParams()
UNSPLIT = PrepareParams(min_boxes=1)
HONOUR, REPAIR, IGNORE = (PrepareParams(given_splits=mode, min_boxes=1) for mode in ("honour", "repair", "ignore"))
ANY_PARAMS = st.builds(
    PrepareParams, given_splits=st.sampled_from(["honour", "repair", "ignore"]), min_boxes=st.integers(1, 12)
)


def digest_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def member(name: str, group: str | None = None, given: Split | None = None, **classes: int) -> Member:
    return Member(name, digest_of(name), group or digest_of(name), given, tuple(sorted(classes.items())), f"{name}.jpg")


def members(
    prefix: str = "", least: int = 1, most: int = 12, *, givens: bool = True
) -> st.SearchStrategy[list[Member]]:
    """Images of few groups, so that groups are shared, with up to two classes each."""
    some: st.SearchStrategy[Any] = st.sampled_from([None, *SPLITS]) if givens else st.none()
    facts = st.tuples(st.integers(0, 7), some, st.integers(0, 3), st.integers(0, 3))
    return st.lists(facts, min_size=least, max_size=most).map(
        lambda images: [
            member(f"{prefix}{number}", f"group {group}", split, **counts(cup=cups, jar=jars))
            for number, (group, split, cups, jars) in enumerate(images)
        ]
    )


def counts(**classes: int) -> dict[str, int]:
    return {name: number for name, number in classes.items() if number}


def splits_of_groups(images: list[Member], assignment: Assignment) -> dict[str, set[Split]]:
    found = defaultdict(set)
    for image in images:
        if image.image_id in assignment.splits:
            found[image.group].add(side(assignment.splits[image.image_id]))
    return dict(found)


@pytest.mark.parametrize("growth", [0.1, 3.0])
@given(data=st.data(), params=ANY_PARAMS)
def test_growth_moves_no_image_of_the_ledger(growth: float, data: st.DataObject, params: PrepareParams) -> None:
    old = data.draw(members())
    before = assign_splits(old, {}, params)
    # New images join old groups, form new ones, and link old ones to one another: then all have another key.
    renamed = data.draw(st.dictionaries(st.integers(0, 7), st.integers(0, 3), max_size=4))
    keys = {f"group {one}": f"group {other}" for one, other in renamed.items()}
    count = max(1, int(growth * len(old)))
    new = data.draw(members("new", count, count))
    grown = [replace(one, group=keys.get(one.group, one.group)) for one in [*new, *old]]

    after = assign_splits(grown, before.rows, params)

    assert before.splits == {image_id: after.splits.get(image_id) for image_id in before.splits}
    assert before.rows.keys().isdisjoint(after.rows)


@pytest.mark.parametrize("growth", [1.1, 4.0])
def test_growth_keeps_thousands_of_images_in_place(growth: float) -> None:
    # Every third new image is like an old one.
    old = [member(f"old {number}", f"old group {number // 2}", cup=1) for number in range(2000)]
    count = int((growth - 1) * len(old))
    new = [
        member(f"new {number}", f"old group {number}" if number % 3 == 0 else f"new group {number}", cup=1)
        for number in range(count)
    ]
    before = assign_splits(old, {}, UNSPLIT)
    after = assign_splits([*new, *old], before.rows, UNSPLIT)

    assert before.splits == {image_id: after.splits[image_id] for image_id in before.splits}
    assert len(old) + len(new) == len(after.splits)
    assert all(len(sides) == 1 for sides in splits_of_groups([*old, *new], after).values())


@given(images=members(), later=members("later"), params=ANY_PARAMS)
def test_a_second_run_changes_nothing(images: list[Member], later: list[Member], params: PrepareParams) -> None:
    ledger = assign_splits(images, {}, params).rows
    first = assign_splits([*images, *later], ledger, params)
    second = assign_splits([*images, *later], {**ledger, **first.rows}, params)

    assert first.splits == second.splits
    assert {} == second.rows == second.topped_up


@given(images=members(), ledgered=st.sets(st.integers(0, 11)), params=ANY_PARAMS, shuffle=st.randoms())
def test_order_does_not_matter(
    images: list[Member], ledgered: set[int], params: PrepareParams, shuffle: random.Random
) -> None:
    some = [one for number, one in enumerate(images) if number in ledgered]
    ledger = assign_splits(some, {}, params).rows
    mixed = list(images)
    shuffle.shuffle(mixed)

    assert as_text(assign_splits(images, ledger, params)) == as_text(assign_splits(mixed, ledger, params))


def as_text(assignment: Assignment) -> str:
    return json.dumps(asdict(assignment))  # not sorted: the order of lines counts too


_IN_A_PROCESS = """
import json, sys
from headway.contracts.params.prepare import PrepareParams
from headway.data.split import assign_splits
from tests.data.test_split import as_text, many_members
members = many_members()
if sys.argv[1] == "backwards":
    members.reverse()
print(as_text(assign_splits(members, {}, PrepareParams())))
"""


def many_members() -> list[Member]:
    return [
        member(f"{number}", f"group {number // 3}", "val" if number % 50 == 0 else None, **{f"c{number % 17}": 1})
        for number in range(300)
    ]


def test_processes_agree_whatever_their_hash_seed_and_order() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _IN_A_PROCESS, order],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed, order in [("1", "forwards"), ("2", "backwards")]
    }
    assert [as_text(assign_splits(many_members(), {}, PrepareParams())).encode() + b"\n"] == list(outputs)


@given(images=members(givens=False), later=members("later", givens=False), params=ANY_PARAMS)
def test_groups_stay_on_one_side(images: list[Member], later: list[Member], params: PrepareParams) -> None:
    first = assign_splits(images, {}, params)
    both = [*images, *later]
    for assignment, those in [(first, images), (assign_splits(both, first.rows, params), both)]:
        assert {image.image_id for image in those} == set(assignment.splits)
        assert all(len(sides) == 1 for sides in splits_of_groups(those, assignment).values())


@given(images=members())
def test_repair_leaves_no_group_on_two_sides(images: list[Member]) -> None:
    assignment = assign_splits(images, {}, REPAIR)
    assert all(len(sides) == 1 for sides in splits_of_groups(images, assignment).values())


@given(images=members(), later=members("later"), params=ANY_PARAMS)
def test_every_image_has_a_split_or_a_problem(images: list[Member], later: list[Member], params: PrepareParams) -> None:
    ledger = assign_splits(images, {}, params).rows
    assignment = assign_splits([*images, *later], ledger, params)
    quarantined = {problem.image_id for problem in assignment.problems}
    assert quarantined.isdisjoint(assignment.splits)
    assert {image.image_id for image in [*images, *later]} == quarantined | set(assignment.splits)


@given(images=members(givens=False), later=members("later"), params=ANY_PARAMS)
def test_no_relative_of_a_test_image_is_ever_sent_to_train(
    images: list[Member], later: list[Member], params: PrepareParams
) -> None:
    first = assign_splits(images, {}, params)
    tested = {one.group for one in images if side(first.splits[one.image_id]) == "test"}
    after = assign_splits([*images, *later], first.rows, params)
    assert {"test"} >= {side(after.splits.get(one.image_id, "test")) for one in later if one.group in tested}


# The hash


def test_the_division_is_fixed_for_ever() -> None:
    # Another hash would move every team's images between train and test.
    expected = ["train", "train", "train", "val", "train", "train", "train", "val"]
    assert expected == [hashed_split(str(number), SHARES) for number in range(8)]


def test_shares_are_about_right() -> None:
    splits = [hashed_split(str(number), SHARES) for number in range(20_000)]
    shares: dict[Split, float] = {"train": 0.7, "val": 0.15, "test": 0.15}
    for name, share in shares.items():
        assert abs(splits.count(name) / len(splits) - share) < 0.01


def test_another_salt_divides_differently() -> None:
    other = SplitParams(salt="other")
    assert any(hashed_split(str(number), SHARES) != hashed_split(str(number), other) for number in range(100))


def test_an_image_alone_goes_where_the_hash_of_its_digest_says() -> None:
    images = [member(str(number)) for number in range(200)]
    expected = {image.image_id: hashed_split(image.sha256, SHARES) for image in images}
    assert expected == assign_splits(images, {}, UNSPLIT).splits


# The ledger


def test_an_image_of_the_ledger_keeps_its_split_whatever_the_source_gives_now() -> None:
    image = member("a", given="test")
    assert {"a": "train"} == assign_splits([image], {image.sha256: "train"}, HONOUR).splits


def test_a_new_image_joins_its_group() -> None:
    old, new = member("old", "shelf"), member("new", "shelf")
    for split in ("train", "val"):
        assignment = assign_splits([old, new], {old.sha256: split}, UNSPLIT)
        assert {"old": split, "new": split} == assignment.splits
        assert {new.sha256: split} == assignment.rows


def test_a_new_image_of_a_test_group_is_fresh() -> None:
    old, new = member("old", "shelf"), member("new", "shelf")
    assert {"old": "test", "new": "fresh"} == assign_splits([old, new], {old.sha256: "test"}, UNSPLIT).splits


def test_a_frozen_test_set_does_not_grow() -> None:
    old = member("old")
    images = [old, *(member(str(number)) for number in range(200))]
    counts = Counter(assign_splits(images, {old.sha256: "test"}, UNSPLIT).splits.values())
    assert 1 == counts["test"]
    assert sum(hashed_split(image.sha256, SHARES) == "test" for image in images[1:]) == counts["fresh"]


def test_new_images_given_to_a_frozen_test_set_are_fresh() -> None:
    old, new, *others = member("old", given="test"), member("new", given="test"), member("t", given="train")
    images = [old, new, *others, member("v", given="val")]
    assert "fresh" == assign_splits(images, {old.sha256: "test"}, HONOUR).splits["new"]


@pytest.mark.parametrize(
    ("one", "other"), [("train", "val"), ("train", "test"), ("train", "fresh"), ("val", "test"), ("val", "fresh")]
)
def test_a_new_image_that_links_two_sides_is_quarantined(one: Split, other: Split) -> None:
    a, b, new = member("a", "shelf"), member("b", "shelf"), member("new", "shelf")
    assignment = assign_splits([a, b, new], {a.sha256: one, b.sha256: other}, UNSPLIT)
    assert {"a": one, "b": other} == assignment.splits
    assert {} == assignment.rows
    (problem,) = assignment.problems
    assert ("split-quarantined", "new", ("a", "b"), "new.jpg") == (
        problem.code,
        problem.image_id,
        problem.others,
        problem.file,
    )
    assert f"a ({side(one)}), b ({side(other)})" in problem.message


def test_test_and_fresh_are_one_side() -> None:
    a, b, new = member("a", "shelf"), member("b", "shelf"), member("new", "shelf")
    assignment = assign_splits([a, b, new], {a.sha256: "test", b.sha256: "fresh"}, UNSPLIT)
    assert "fresh" == assignment.splits["new"]


def test_a_new_image_given_to_another_side_than_its_group_is_quarantined() -> None:
    old, new = member("old", "shelf"), member("new", "shelf", "test")
    others = [member(split, given=split) for split in SPLITS]
    assignment = assign_splits([old, new, *others], {old.sha256: "train"}, HONOUR)
    assert ["new"] == [problem.image_id for problem in assignment.problems]
    assert "new" not in assignment.splits


# What the source gives


def given_members(split: Split, count: int = 200) -> list[Member]:
    return [member(f"{split}{number}", given=split) for number in range(count)]


def test_given_splits_are_kept_and_written_to_the_ledger_as_given() -> None:
    images = [image for split in SPLITS for image in given_members(split, 20)]
    assignment = assign_splits(images, {}, HONOUR)
    assert {image.image_id: image.given for image in images} == assignment.splits
    assert {image.sha256: image.given for image in images} == assignment.rows


def test_ignored_splits_do_not_matter() -> None:
    images = given_members("train")
    unsplit = [replace(image, given=None) for image in images]
    assert assign_splits(unsplit, {}, UNSPLIT) == assign_splits(images, {}, IGNORE)


def test_honour_keeps_a_group_that_the_source_tears_apart() -> None:
    images = [member(split, "shelf", split) for split in SPLITS]
    assignment = assign_splits(images, {}, HONOUR)
    assert {split: split for split in SPLITS} == assignment.splits
    assert [] == assignment.problems


@pytest.mark.parametrize(
    ("given_splits", "kept"),
    [(["train", "val", "test"], ["test"]), (["train", "val"], ["val"]), (["train", "test"], ["test"])],
)
def test_repair_keeps_what_is_held_out_furthest(given_splits: list[Split], kept: list[Split]) -> None:
    others = [member(f"other {split}", given=split) for split in SPLITS]
    images = [member(split, "shelf", split) for split in given_splits]
    assignment = assign_splits([*images, *others], {}, REPAIR)
    assert kept == [split for split in given_splits if split in assignment.splits]
    assert set(given_splits) - set(kept) == {problem.image_id for problem in assignment.problems}


def test_honour_leaves_exact_copies_where_the_source_gives_them() -> None:
    a = member("a", "shelf", "train")
    copy = replace(a, image_id="copy", given="test")
    others = [member(split, given=split) for split in SPLITS]
    first = assign_splits([a, copy, *others], {}, HONOUR)
    second = assign_splits([a, copy, *others], first.rows, HONOUR)

    assert ("train", "test") == (first.splits["a"], first.splits["copy"])
    assert "test" == first.rows[a.sha256]
    assert first.splits == second.splits


def test_repair_leaves_out_the_training_copy_also_once_the_ledger_names_its_bytes() -> None:
    a = member("a", "shelf", "train")
    copy = replace(a, image_id="copy", given="test")
    others = [member(split, given=split) for split in SPLITS]
    ledger = assign_splits([a, copy, *others], {}, HONOUR).rows
    for known in ({}, ledger):
        assignment = assign_splits([a, copy, *others], known, REPAIR)
        assert ["a"] == [problem.image_id for problem in assignment.problems]
        assert "test" == assignment.splits["copy"]


def test_an_image_without_a_split_joins_the_given_side_of_its_group() -> None:
    others = [member(f"other {split}", given=split) for split in SPLITS]
    for split in SPLITS:
        images = [member("a", "shelf", split), member("b", "shelf"), *others]
        assert split == assign_splits(images, {}, HONOUR).splits["b"]


def test_missing_val_is_taken_from_train_by_the_hash() -> None:
    images = given_members("train") + given_members("test")
    splits = assign_splits(images, {}, HONOUR).splits
    for image in images:
        hashed = hashed_split(image.group, SHARES)
        expected = "test" if image.given == "test" else "val" if hashed == "val" else "train"
        assert expected == splits[image.image_id]
    assert "val" in splits.values()


def test_missing_val_and_test_are_both_taken_from_train() -> None:
    assert set(SPLITS) == set(assign_splits(given_members("train"), {}, HONOUR).splits.values())


def test_a_missing_split_takes_no_relative_of_a_given_test_image() -> None:
    groups = [f"shelf {number}" for number in range(50)]
    images = [member(f"{group} {given}", group, given) for group in groups for given in ("train", "test")]
    assert {"train", "test"} == set(assign_splits(images, {}, HONOUR).splits.values())


def test_repair_of_a_ledger_leaves_out_what_leaks() -> None:
    a, b, c = member("a", "shelf"), member("b", "shelf"), member("c", "other")
    leaks = find_leaks([a, b, c], {a.sha256: "train", b.sha256: "test", c.sha256: "train"})
    assert [("split-quarantined", "a")] == [(leak.code, leak.image_id) for leak in leaks]


# Classes


def boxes_per_split(images: list[Member], assignment: Assignment, name: str) -> dict[Split, int]:
    counts: Counter[Split] = Counter()
    for image in images:
        counts[side(assignment.splits[image.image_id])] += dict(image.classes).get(name, 0)
    return {split: counts[split] for split in SPLITS}


def in_train(count: int, jar: int) -> list[Member]:
    """Return images that the hash sends to train."""
    found = (member(f"rare {number}", jar=jar) for number in range(10_000))
    return [image for image in found if hashed_split(image.sha256, SHARES) == "train"][:count]


def test_a_class_that_the_hash_leaves_out_of_val_and_test_is_topped_up() -> None:
    images = [*(member(str(number), cup=3) for number in range(200)), *in_train(40, jar=1)]
    assignment = assign_splits(images, {}, PrepareParams(min_boxes=5))
    assert {"train": 30, "val": 5, "test": 5} == boxes_per_split(images, assignment, "jar")
    assert {"train"} == set(assignment.topped_up.values())
    assert 10 == len(assignment.topped_up)


def test_a_class_of_two_images_is_learnt_and_tested() -> None:
    images = in_train(2, jar=1)
    assignment = assign_splits(images, {}, PrepareParams())
    assert {"train": 1, "val": 0, "test": 1} == boxes_per_split(images, assignment, "jar")


@given(images=members(givens=False), min_boxes=st.integers(1, 12))
def test_a_class_is_learnt_and_if_it_is_in_two_groups_scored(images: list[Member], min_boxes: int) -> None:
    alone = [replace(image, group=image.sha256, classes=image.classes[:1]) for image in images]
    assignment = assign_splits(alone, {}, PrepareParams(min_boxes=min_boxes))
    for name in ("cup", "jar"):
        holders = sum(name in dict(image.classes) for image in alone)
        found = boxes_per_split(alone, assignment, name)
        assert (holders > 0) == (found["train"] > 0)
        assert (holders > 1) == (found["val"] + found["test"] > 0)


def test_topping_up_moves_whole_groups() -> None:
    images = [replace(image, group=f"shelf {number // 2}") for number, image in enumerate(in_train(40, jar=1))]
    assignment = assign_splits(images, {}, PrepareParams())
    assert all(len(sides) == 1 for sides in splits_of_groups(images, assignment).values())
    assert min(boxes_per_split(images, assignment, "jar").values()) >= 6


def test_only_new_groups_top_up() -> None:
    old, new = in_train(40, jar=1)[:30], in_train(40, jar=1)[30:]
    ledger: dict[str, Split] = dict.fromkeys((image.sha256 for image in old), "train")
    alone = assign_splits(old, ledger, PrepareParams())
    assert {"train": 30, "val": 0, "test": 0} == boxes_per_split(old, alone, "jar")

    grown = assign_splits([*old, *new], ledger, PrepareParams(min_boxes=3))
    assert {image.image_id for image in new} >= set(grown.topped_up)
    assert {"train": 34, "val": 3, "test": 3} == boxes_per_split([*old, *new], grown, "jar")


def test_a_frozen_test_set_is_topped_up_by_fresh_images() -> None:
    old, new = member("old", cup=9), in_train(20, jar=1)
    assignment = assign_splits([old, *new], {old.sha256: "test"}, PrepareParams(min_boxes=2))
    assert 2 == sum(split == "fresh" for split in assignment.splits.values())


def test_given_images_are_never_moved_to_cover_a_class() -> None:
    images = [
        *given_members("val", 5),
        *given_members("test", 5),
        *(member(f"t{n}", given="train", jar=1) for n in range(9)),
    ]
    assignment = assign_splits(images, {}, PrepareParams())
    assert {"train": 9, "val": 0, "test": 0} == boxes_per_split(images, assignment, "jar")
