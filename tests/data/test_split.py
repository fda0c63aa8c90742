"""The salted hash that divides images."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import SPLITS, Split
from headway.contracts.params.prepare import SplitParams
from headway.data.split import Member, assign_splits, hashed_split

PARAMS = SplitParams()
UNSPLIT = st.dictionaries(st.text(max_size=8), st.text(max_size=8).map(lambda key: Member(key, None)))


@given(old=UNSPLIT, new=UNSPLIT)
def test_adding_images_moves_none(old: dict[str, Member], new: dict[str, Member]) -> None:
    before = assign_splits(old, PARAMS)
    after = assign_splits({**new, **old}, PARAMS)
    assert before == {image_id: after[image_id] for image_id in old}


@given(members=UNSPLIT, order=st.randoms())
def test_order_does_not_matter(members: dict[str, Member], order: object) -> None:
    shuffled = list(members.items())
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assign_splits(members, PARAMS) == assign_splits(dict(shuffled), PARAMS)


@given(members=UNSPLIT)
def test_images_of_one_key_stay_together(members: dict[str, Member]) -> None:
    splits = assign_splits(members, PARAMS)
    pairs = {(member.key, splits[image_id]) for image_id, member in members.items()}
    assert len({member.key for member in members.values()}) == len(pairs)


def test_the_division_is_fixed_for_ever() -> None:
    # Another hash would move every team's images between train and test.
    expected = ["train", "train", "train", "val", "train", "train", "train", "val"]
    assert expected == [hashed_split(str(number), PARAMS) for number in range(8)]


def test_shares_are_about_right() -> None:
    splits = [hashed_split(str(number), PARAMS) for number in range(20_000)]
    shares: dict[Split, float] = {"train": 0.7, "val": 0.15, "test": 0.15}
    for name, share in shares.items():
        assert abs(splits.count(name) / len(splits) - share) < 0.01


def test_another_salt_divides_differently() -> None:
    other = SplitParams(salt="other")
    assert any(hashed_split(str(number), PARAMS) != hashed_split(str(number), other) for number in range(100))


def given_members(split: Split, count: int = 200) -> dict[str, Member]:
    return {f"{split}{number}": Member(f"{split}{number}", split) for number in range(count)}


def test_given_splits_are_kept() -> None:
    members = {image_id: member for split in SPLITS for image_id, member in given_members(split).items()}
    assert {image_id: member.given for image_id, member in members.items()} == assign_splits(members, PARAMS)


def test_missing_val_is_taken_from_train_by_the_hash() -> None:
    members = given_members("train") | given_members("test")
    splits = assign_splits(members, PARAMS)
    for image_id, member in members.items():
        hashed = hashed_split(member.key, PARAMS)
        expected = "test" if member.given == "test" else "val" if hashed == "val" else "train"
        assert expected == splits[image_id]
    assert "val" in splits.values()


def test_missing_val_and_test_are_both_taken_from_train() -> None:
    assert set(SPLITS) == set(assign_splits(given_members("train"), PARAMS).values())
