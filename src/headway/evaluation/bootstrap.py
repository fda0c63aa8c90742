"""The bootstrap over images: draws, intervals, and bounds that hold for many quantities at once.

Whole images are drawn with replacement, because the boxes of one image are
not independent of each other; whole groups where images are grouped. Both
models are measured on the same draws, so what is hard for both cancels out of
their difference. A draw is a weight for every image (how often it was drawn),
never a copy of the data.

Sources: Efron and Tibshirani, An Introduction to the Bootstrap (1993),
chapter 13 (percentile interval); Hesterberg, What teachers should know about
the bootstrap, The American Statistician 69 (2015) (few images); Romano and
Wolf, Stepwise multiple testing as formalized data snooping, Econometrica 73
(2005) (studentised maximum).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.uint8]
T = TypeVar("T")

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
        # A byte is enough: that one unit of 256 or more is drawn over 255 times has a chance below 1e-500.
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


def widened(deviation: Floats, units: NDArray[np.integer]) -> Floats:
    """Return how many standard errors stand for a normal deviation when the error itself is drawn from few units.

    The bootstrap's own is too narrow there: it knows neither Student's t nor
    the division by n - 1. This puts both back; for many units it changes nothing.
    Student's quantile is by Abramowitz and Stegun, 26.7.5.
    """
    z, degrees = deviation, np.maximum(units - 1, 1)
    student = z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    return np.asarray(student * np.sqrt(units / degrees))


def interval(estimate: float, replicates: Floats, alpha: float, units: int) -> tuple[float, float]:
    """Return bounds that the true value is beyond with `alpha` each: percentiles of the (r,) draws, widened."""
    low, high = simultaneous_intervals(np.array([estimate]), replicates[:, None], alpha, np.array([units]))
    return float(low[0]), float(high[0])


def simultaneous_intervals(
    estimates: Floats, replicates: Floats, alpha: float, units: NDArray[np.integer]
) -> tuple[Floats, Floats]:
    """Return lower and upper bounds of (k,) quantities: all lower ones hold at once, and so do all upper ones.

    Each bound is the estimate and a multiple of its standard error; the
    multiple is a quantile of the largest studentised deviation over all
    quantities in a draw, widened where a quantity rests on few units.

    Args:
        estimates: (k,).
        replicates: (r, k) values of the draws; NaN, where a draw has none, does not count.
        alpha: chance that any bound of one side fails.
        units: (k,) drawn units that each quantity rests on.
    """
    error = np.nanstd(replicates, axis=0, ddof=1)
    deviation = np.divide(replicates - estimates, error, out=np.zeros_like(replicates), where=error > 0)
    low = np.nanquantile(np.fmin.reduce(deviation, axis=1), alpha)
    high = np.nanquantile(np.fmax.reduce(deviation, axis=1), 1 - alpha)
    return estimates + _widened(low, units) * error, estimates + _widened(high, units) * error


def _widened(deviation: float, units: NDArray[np.integer]) -> Floats:
    """Return how many standard errors stand for a normal deviation when the error itself comes from few units.

    The bootstrap knows neither Student's t nor the division by n - 1. This
    puts both back (Hesterberg 2015); for many units it changes nothing.
    Student's quantile is by Abramowitz and Stegun, 26.7.5.
    """
    z, degrees = deviation, np.maximum(units - 1, 1)
    student = z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    return np.asarray(student * np.sqrt(units / degrees))
