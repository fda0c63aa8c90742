"""Three-way merges of dvc.lock, as functions of bytes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from headway.contracts.lock import parse_lock
from headway.errors import InputError
from headway.pull_request.lock_merge import merge_locks
from headway.pull_request.lock_text import join_lock, split_lock

NAMES = ("prepare", "train", "make@a", "'1'", "evaluate")
Made = dict[str, int]
"""Stage -> which of its runs the entry is of."""


def lock_of(made: Made, datasets: int = 0) -> bytes:
    """Return a dvc.lock as DVC writes it."""
    entries = "".join(
        f"  {name}:\n    cmd:\n    - run {run}\n    - |-\n      echo a:\n\n      b: c\n"
        f"    params:\n      params.yaml:\n        rate: 1e-0{run + 1}\n"
        f"    outs:\n    - path: out\n      hash: md5\n      md5: {run:032}\n      size: {run}\n"
        for name, run in made.items()
    )
    stages = f"stages:\n{entries}" if entries else "stages: {}\n"
    others = f"datasets:\n- name: images\n  type: url\n  rev: '{datasets}'\n" if datasets else ""
    return f"schema: '2.0'\n{stages}{others}".encode()


def merged(base: Made, ours: Made, theirs: Made) -> tuple[bytes, tuple[str, ...]]:
    outcome = merge_locks(lock_of(base), lock_of(ours), lock_of(theirs))
    return outcome.content, outcome.dropped


def test_each_side_keeps_what_it_alone_changed() -> None:
    base, ours, theirs = {"prepare": 1, "train": 1}, {"prepare": 2, "train": 1}, {"prepare": 1, "train": 3}

    assert (lock_of({"prepare": 2, "train": 3}), ()) == merged(base, ours, theirs)


def test_what_both_changed_differently_is_dropped() -> None:
    base, ours, theirs = {"prepare": 1, "train": 1}, {"prepare": 1, "train": 2}, {"prepare": 1, "train": 3}

    assert (lock_of({"prepare": 1}), ("train",)) == merged(base, ours, theirs)


def test_what_both_changed_alike_is_kept() -> None:
    assert (lock_of({"train": 2}), ()) == merged({"train": 1}, {"train": 2}, {"train": 2})


def test_what_one_side_added_is_kept() -> None:
    ours, theirs = {"prepare": 1, "train": 1}, {"prepare": 1, "evaluate": 1}

    assert (lock_of({"prepare": 1, "train": 1, "evaluate": 1}), ()) == merged({"prepare": 1}, ours, theirs)


def test_what_both_added_differently_is_dropped() -> None:
    assert (lock_of({}), ("train",)) == merged({}, {"train": 1}, {"train": 2})


def test_what_one_side_deleted_is_gone() -> None:
    assert (lock_of({"prepare": 1}), ()) == merged(
        {"prepare": 1, "train": 1}, {"prepare": 1}, {"prepare": 1, "train": 1}
    )


def test_what_one_side_deleted_and_the_other_changed_is_dropped() -> None:
    assert (lock_of({}), ("train",)) == merged({"train": 1}, {}, {"train": 2})


def test_two_new_files_have_no_base() -> None:
    outcome = merge_locks(None, lock_of({"prepare": 1, "train": 1}), lock_of({"prepare": 1, "train": 2}))

    assert (lock_of({"prepare": 1}), ("train",)) == (outcome.content, outcome.dropped)


def test_a_section_beside_the_stages_is_taken_from_the_side_that_changed_it() -> None:
    outcome = merge_locks(lock_of({"train": 1}, 1), lock_of({"train": 2}, 1), lock_of({"train": 1}, 2))

    assert lock_of({"train": 2}, 2) == outcome.content


def test_a_section_that_both_changed_is_left_to_the_user() -> None:
    with pytest.raises(InputError, match="datasets"):
        merge_locks(lock_of({}, 1), lock_of({}, 2), lock_of({}, 3))


@pytest.mark.parametrize(
    "broken",
    [
        b"<<<<<<< ours\nstages: {}\n=======\nstages: {}\n>>>>>>> theirs\n",
        b"stages: [",
        b"stages:\n- train\n",
        b"just text",
        b"\xff\xfe",
        b"stages:\n    train:\n        cmd: four spaces\n",
        b"stages: {train: {cmd: in one line}}\n",
        b"[" * 9999,
    ],
)
def test_a_side_that_is_no_lock_is_refused(broken: bytes) -> None:
    with pytest.raises(InputError, match="their side"):
        merge_locks(lock_of({}), lock_of({}), broken)


MADE = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 3))


@given(MADE, MADE)
def test_a_side_that_changed_nothing_gives_way(base: Made, theirs: Made) -> None:
    outcome = merge_locks(lock_of(base), lock_of(base), lock_of(theirs))

    assert (parse_lock(lock_of(theirs), ""), ()) == (parse_lock(outcome.content, ""), outcome.dropped)


@given(MADE, MADE, MADE)
def test_sides_may_be_exchanged(base: Made, ours: Made, theirs: Made) -> None:
    one, two = (merge_locks(lock_of(base), *map(lock_of, sides)) for sides in ((ours, theirs), (theirs, ours)))

    assert parse_lock(one.content, "") == parse_lock(two.content, "")
    assert sorted(one.dropped) == sorted(two.dropped)


@given(MADE, MADE, MADE)
def test_every_entry_that_is_kept_was_made_by_one_side(base: Made, ours: Made, theirs: Made) -> None:
    outcome = merge_locks(lock_of(base), lock_of(ours), lock_of(theirs))
    sides = parse_lock(lock_of(ours), ""), parse_lock(lock_of(theirs), "")

    assert all(entry in [side.get(name) for side in sides] for name, entry in parse_lock(outcome.content, "").items())


@given(MADE)
def test_cutting_and_joining_changes_no_byte(made: Made) -> None:
    assert lock_of(made) == join_lock(split_lock(lock_of(made)))


@given(MADE, MADE, MADE)
def test_the_outcome_is_in_the_form_that_dvc_writes(base: Made, ours: Made, theirs: Made) -> None:
    content = merge_locks(lock_of(base), lock_of(ours), lock_of(theirs)).content
    yaml = YAML()
    yaml.default_flow_style = False
    written = io.BytesIO()
    yaml.dump(yaml.load(content), written)

    assert written.getvalue() == content
