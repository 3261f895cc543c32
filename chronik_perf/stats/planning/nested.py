"""Slices in starts in blocks: both variances, and the number of slices a block that decides soonest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from chronik_perf.stats.betting.bets import Floats

# How many blocks the bets of `betting` take, fitted to their simulation with Gaussian starts at an error of 0.0014: a
# floor that no effect undercuts, and a part that grows with the square of noise over distance. It plans; it never
# judges.
FLOOR_BLOCKS, BLOCKS_PER_NOISE = 4.0, 25.0
SURE = 0.9
# The first blocks are the pilot of the plan: too few to know a variance by, and short.
PILOT_BLOCKS = 4


@dataclass(frozen=True, slots=True)
class Nested:
    """Two levels of noise on the log scale: of the ratio of one pair of slices, and of a block beyond its slices."""

    within_sd: float
    between_sd: float

    def block_sd(self, pairs: int) -> float:
        """Give the SD of a block's effect with that many pairs of slices."""
        return math.sqrt(self.between_sd**2 + self.within_sd**2 / pairs)


def nested(log_ratios: Sequence[Floats]) -> Nested | None:
    """Estimate both levels from the log ratios of the slice pairs of each block, by the analysis of variance.

    None with fewer than two blocks of at least two pairs. `between_sd` is what slices do not explain as far as that is
    sure: the lower end of a one-sided 90 % interval, never below 0. From a handful of blocks the estimate itself says
    anything, and a plan that believes in noise between starts gives up slices that would have helped. (Searle, Casella,
    McCulloch, "Variance Components", 1992, chapter 3: the interval of the ratio of the variances, by F.)
    """
    blocks = [b for b in log_ratios if b.size >= 2]
    if len(blocks) < 2:
        return None
    degrees = sum(b.size - 1 for b in blocks)
    within = sum(float(np.sum((b - b.mean()) ** 2)) for b in blocks) / degrees
    means = np.asarray([b.mean() for b in blocks])
    by_slices = within * float(np.mean([1 / b.size for b in blocks]))
    if by_slices == 0:
        return Nested(0.0, float(means.std(ddof=1)))
    by_chance = float(scipy.special.fdtri(len(blocks) - 1, degrees, SURE))
    between = max(0.0, float(means.var(ddof=1)) / by_chance - by_slices)
    return Nested(math.sqrt(within), math.sqrt(between))


def undivided(log_ratios: Sequence[Floats]) -> Nested | None:
    """Take all the noise of blocks of one pair for that of their slices; None with fewer than two such blocks."""
    means = np.asarray([b.mean() for b in log_ratios if b.size == 1])
    return Nested(float(means.std(ddof=1)), 0.0) if means.size >= 2 else None


def blocks_expected(block_sd: float, distance: float) -> float:
    """Give about how many blocks the bets take to prove a distance between the effect and the margin."""
    return max(2 * FLOOR_BLOCKS, FLOOR_BLOCKS + BLOCKS_PER_NOISE * (block_sd / distance) ** 2)


def best_pairs(
    noise: Sequence[tuple[Nested, float]], pair_s: float, block_s: float, least: int, most: int
) -> int:
    """Give the number of slice pairs a block with which the slowest of several tests is decided soonest.

    `noise` are (noise, distance to be proven) of each test, `pair_s` the seconds of one more pair, `block_s` those of
    a block without any. The classical optimum sqrt(within / between * block_s / pair_s) lies between the bounds only
    where the floor of the bets does not rule; so the cost is tried at every number.
    """

    def seconds(pairs: int) -> float:
        blocks = max(blocks_expected(n.block_sd(pairs), distance) for n, distance in noise)
        return blocks * (block_s + pairs * pair_s)

    return min(range(least, most + 1), key=seconds)
