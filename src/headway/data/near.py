"""Finds 64-bit hashes that differ in few bits, without comparing every pair, and the sets that they form. Pure NumPy.

Of `bits` + 1 bands, two hashes that differ in at most `bits` bits agree in one at least (the pigeonhole principle), so
only hashes that share a band are compared. Bands of many bits are too narrow to help: then all pairs are.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

HASH_BITS = 64
_MOST_BANDS = 11
_BLOCK = 1 << 21
"""Comparisons at once: bounds the memory."""

Indices = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def close_pairs(hashes: Hashes, bits: int) -> Iterator[tuple[Indices, Indices, NDArray[np.uint8]]]:
    """Yield blocks of pairs that differ in at most `bits` bits, each pair once: smaller index, larger index, bits."""
    masks = _bands(bits + 1) if bits < _MOST_BANDS else [np.uint64(0)]
    for number, mask in enumerate(masks):
        for bucket in _buckets(hashes & mask):
            for rows, columns in _blocks(len(bucket)):
                earlier, later = bucket[rows], bucket[columns]
                differing = np.bitwise_count(hashes[earlier, None] ^ hashes[later])
                row, column = np.nonzero((differing <= bits) & (earlier[:, None] < later))
                first, second = earlier[row], later[column]
                new = _agree_in_none(hashes[first] ^ hashes[second], masks[:number])
                if new.any():
                    yield first[new], second[new], differing[row, column][new]


def nearest(hashes: Hashes, bits: int, ranks: Indices) -> dict[int, tuple[int, int]]:
    """Return for each hash the nearest one of a lower rank, and in how many bits (at most `bits`) it differs.

    Of equally near ones the first counts; a hash without one is missing.
    """
    nothing = np.iinfo(np.int64).max
    best = np.full(len(hashes), nothing)
    for first, second, differing in close_pairs(hashes, bits):
        for one, other in ((first, second), (second, first)):
            lower = ranks[other] < ranks[one]
            key = differing[lower].astype(np.int64) * len(hashes) + other[lower]
            np.minimum.at(best, one[lower], key)
    found = np.flatnonzero(best < nothing)
    return {int(one): (int(best[one] % len(hashes)), int(best[one] // len(hashes))) for one in found}


def connect(labels: Indices, first: Indices, second: Indices) -> None:
    """Join the sets of `first` and `second`, pair by pair, in place: `labels` holds the smallest index of each set."""
    while True:
        one, other = labels[first], labels[second]
        apart = one != other
        if not apart.any():
            return
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(labels, np.maximum(one, other), np.minimum(one, other))
        while (labels[labels] != labels).any():
            labels[:] = labels[labels]


def _bands(count: int) -> list[np.uint64]:
    edges = [HASH_BITS * band // count for band in range(count + 1)]
    return [np.uint64((1 << high) - (1 << low)) for low, high in pairwise(edges)]


def _buckets(keys: Hashes) -> Iterator[Indices]:
    """Yield the indices, ascending, of each key that occurs more than once."""
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]))
    sizes = np.diff(starts, append=len(keys))
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        yield order[start : start + size]


def _blocks(count: int) -> Iterator[tuple[slice, slice]]:
    """Yield rows and columns that cover the upper triangle of a square."""
    step = max(1, _BLOCK // count)
    for start in range(0, count, step):
        yield slice(start, start + step), slice(start, None)


def _agree_in_none(differing: Hashes, masks: list[np.uint64]) -> NDArray[np.bool_]:
    new = np.ones(len(differing), dtype=bool)
    for mask in masks:
        new &= (differing & mask) != 0
    return new
