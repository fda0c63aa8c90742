"""The bootstrap over images: draws, intervals, and bounds that hold for many quantities at once.

Whole images are drawn with replacement, because the boxes of one image are
not independent of each other; whole groups where images are grouped. Both
models are measured on the same draws, so what is hard for both cancels out of
their difference. A draw is a weight for every image (how often it was drawn),
never a copy of the data.

Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993),
chapter 13 (percentile interval); Hesterberg (see `tail_share`); Romano and Wolf, Stepwise multiple testing
as formalized data snooping, Econometrica 73 (2005) (studentised maximum).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.uint8]
T = TypeVar("T")

_NORMAL = NormalDist()
BLOCK = 64
"""Draws that are measured together: few enough for the processor's cache, enough to spread NumPy's overhead."""


@dataclass(frozen=True)
class Draws:
    """Which images are drawn, determined by the seed alone: block by block, whoever asks for a block, in any order.

    Attributes:
        unit: (images,) int64, the unit that each image belongs to, numbered from 0.
        resamples: number of draws.
        seed: of NumPy's PCG64.
    """

    unit: NDArray[np.int64]
    resamples: int
    seed: int

    @property
    def unit_count(self) -> int:
        return int(self.unit.max()) + 1

    def units_in(self, images: NDArray[np.bool_]) -> int:
        """Return how many units some of the images come from."""
        return len(np.unique(self.unit[images]))

    def block(self, number: int) -> Counts:
        """Return the (BLOCK or fewer, images) counts of one block."""
        rows, units = min(BLOCK, self.resamples - number * BLOCK), self.unit_count
        drawn = np.random.default_rng([self.seed, number]).integers(0, units, (rows, units))
        flat = (drawn + units * np.arange(rows)[:, None]).ravel()
        # No unit is drawn more than 255 times: with 256 units, the chance is below 1e-500.
        counts = np.bincount(flat, minlength=rows * units).astype(np.uint8).reshape(rows, units)
        return np.asarray(counts[:, self.unit])

    def each_block(self, measure: Callable[[Counts], T], *, threads: int) -> list[T]:
        """Return what `measure` makes of each block, in order; the number of threads changes nothing but time."""
        blocks = range(-(-self.resamples // BLOCK))
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda number: measure(self.block(number)), blocks))


def draws_of(images: int, groups: NDArray[np.int64] | None, *, resamples: int, seed: int) -> Draws:
    """Return the draws of images, or of groups where a group is given for every image."""
    unit = np.arange(images) if groups is None else np.unique(groups, return_inverse=True)[1].reshape(-1)
    return Draws(unit.astype(np.int64), resamples, seed)


def interval(replicates: Floats, alpha: float, units: int) -> tuple[float, float]:
    """Return bounds that the true value is beyond with `alpha` each.

    Args:
        replicates: (r,) values of the draws; NaN does not count.
        alpha: chance of error on each side.
        units: number of drawn units.
    """
    share = tail_share(alpha, units)
    low, high = np.nanquantile(replicates, [share, 1 - share])
    return float(low), float(high)


def simultaneous_intervals(
    estimates: Floats, replicates: Floats, alpha: float, units: NDArray[np.integer]
) -> tuple[Floats, Floats]:
    """Return lower and upper bounds of (k,) quantities: all lower ones hold at once, and so do all upper ones.

    Each bound is the estimate and a multiple of its standard error; the
    multiple is a quantile of the largest studentised deviation over all
    quantities in a draw. For one quantity it is `interval`.

    Args:
        estimates: (k,).
        replicates: (r, k) values of the draws; NaN where a draw has none.
        alpha: chance that any bound of one side fails.
        units: (k,) drawn units that each quantity rests on; the fewest decide.
    """
    error = np.nanstd(replicates, axis=0, ddof=1)
    deviation = np.divide(replicates - estimates, error, out=np.zeros_like(replicates), where=error > 0)
    deviation = np.nan_to_num(deviation)
    share = tail_share(alpha, int(units.min()))
    low = np.quantile(deviation.min(axis=1), share)
    high = np.quantile(deviation.max(axis=1), 1 - share)
    return estimates + low * error, estimates + high * error


def tail_share(alpha: float, units: int) -> float:
    """Return which share of the replicates to cut off on a side so that the true value lies beyond with `alpha`.

    The percentile interval of few units is too narrow: it knows neither
    Student's t nor the division by n - 1. This puts both back (Hesterberg,
    What teachers should know about the bootstrap, The American Statistician 69
    (2015), "expanded percentile interval"); for many units it is `alpha`.
    """
    degrees = max(units - 1, 1)
    z = _NORMAL.inv_cdf(1 - alpha)
    # Student's quantile, after Abramowitz and Stegun, 26.7.5.
    student = z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    return _NORMAL.cdf(-student * math.sqrt(units / degrees))
