"""Near hashes are found as comparing every pair finds them."""

from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.data.near import Hashes, close_pairs, connect, nearest

hashes = st.lists(st.integers(0, 2**64 - 1), max_size=12)
flips = st.lists(st.tuples(st.integers(0, 11), st.sets(st.integers(0, 63), max_size=18)), max_size=12)
bits = st.integers(0, 16)


def varied(values: list[int], changes: list[tuple[int, set[int]]]) -> Hashes:
    """Hashes, and copies of some of them with a few bits flipped."""
    copies = [values[index] ^ sum(1 << bit for bit in bits) for index, bits in changes if index < len(values)]
    return np.array([*values, *copies], dtype=np.uint64)


def differing(values: Hashes, one: int, other: int) -> int:
    return (int(values[one]) ^ int(values[other])).bit_count()


@given(hashes, flips, bits)
def test_pairs_are_those_of_comparing_all_each_once(
    values: list[int], changes: list[tuple[int, set[int]]], bits: int
) -> None:
    found = varied(values, changes)
    expected = [
        (one, other, distance)
        for one, other in combinations(range(len(found)), 2)
        if (distance := differing(found, one, other)) <= bits
    ]
    pairs = [
        (int(one), int(other), int(distance))
        for block in close_pairs(found, bits)
        for one, other, distance in zip(*block, strict=True)
    ]

    assert expected == sorted(pairs)


@given(hashes, flips, bits, st.randoms())
def test_the_nearest_of_lower_rank_is_that_of_comparing_all(
    values: list[int], changes: list[tuple[int, set[int]]], bits: int, random: Random
) -> None:
    found = varied(values, changes)
    ranks = [random.randint(0, 2) for _ in found]
    expected = {}
    for one in range(len(found)):
        lower = [(differing(found, one, other), other) for other in range(len(found)) if ranks[other] < ranks[one]]
        near = [pair for pair in lower if pair[0] <= bits]
        if near:
            expected[one] = (min(near)[1], min(near)[0])

    assert expected == nearest(found, bits, np.array(ranks, dtype=np.int64))


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=20))
def test_sets_hold_what_pairs_connect(pairs: list[tuple[int, int]]) -> None:
    labels = np.arange(15)
    expected = {one: {one} for one in range(15)}
    for one, other in pairs:
        joined = expected[one] | expected[other]
        expected.update(dict.fromkeys(joined, joined))

    connect(labels, *np.array(pairs, dtype=np.int64).reshape(-1, 2).T)

    assert [min(expected[one]) for one in range(15)] == labels.tolist()


@pytest.mark.parametrize("bits", [0, 8, 16])
def test_many_equal_hashes_are_compared_in_blocks(bits: int) -> None:
    count = 2500
    pairs = sum(len(first) for first, _, _ in close_pairs(np.full(count, 7, dtype=np.uint64), bits))

    assert count * (count - 1) // 2 == pairs
