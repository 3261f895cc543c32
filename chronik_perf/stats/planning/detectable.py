"""What can be detected here: the smallest threshold and loss that the engine decides in so many blocks.

Found by simulation through the engine's own bets, since they have no closed form for it and a formula of another test
would promise what this one does not keep.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from chronik_perf.model import Measured, Metric, Unavailable
from chronik_perf.stats import words
from chronik_perf.stats.betting.bets import Booleans, Floats, proven
from chronik_perf.stats.planning.design import POWER, drawn_orders, least_blocks
from chronik_perf.stats.planning.family import margin_of

LEAST_SEEN = 4  # blocks; an SD of fewer says nothing
# Comparisons drawn: as many as make a power of 95 % known to about a percent, and fewer where each is long.
MOST_TRIALS, LEAST_TRIALS, DRAWN_BLOCKS = 800, 200, 24_000
SEED = 20_261_125
_STEPS = 7
_WIDEST_DOUBLINGS = 8


@dataclass(frozen=True, slots=True)
class BlockNoise:
    """The noise of equal versions on the scale of the test, over `blocks` blocks.

    `pair_sd` is that of a block's effect, (`low_sd`, `high_sd`) its 95 % interval if blocks are Gaussian; `common_sd`
    is what moves both starts of a block alike.
    """

    pair_sd: float
    low_sd: float
    high_sd: float
    common_sd: float
    blocks: int


@dataclass(frozen=True, slots=True)
class Detectable:
    """What a number of blocks decides. `threshold` (X) is the smallest at which equals are called unchanged.

    `loss` is the smallest that is then found to be beyond X, both with a power of 95 %; as shares for the ratio scale,
    else in the metric's unit. `at_default` is the smallest loss found beyond the metric's own X. Unavailable where no
    such threshold or loss exists.
    """

    blocks: int
    threshold: Measured
    loss: Measured
    at_default: Measured


def block_noise(base: Floats, candidate: Floats) -> BlockNoise | Unavailable:
    """Estimate the noise from an A/A's blocks, each of shape (blocks,), on the scale of the test.

    The two variances are told apart by moments: half a difference and the middle of two independent starts vary
    alike, and what the middle varies more is common to both.
    """
    if base.size < LEAST_SEEN:
        return Unavailable(
            f"{words.count(base.size, 'block')} measured, and an SD wants at least {LEAST_SEEN}"
        )
    degrees = base.size - 1
    variance = float(np.var(candidate - base, ddof=1))
    if variance == 0:
        return Unavailable(f"all {base.size} blocks have the same effect, so no noise was seen")
    middle = float(np.var((base + candidate) / 2, ddof=1))
    low, high = (math.sqrt(degrees * variance / scipy.special.chdtri(degrees, q)) for q in (0.025, 0.975))
    common = math.sqrt(max(0.0, middle - variance / 4))
    return BlockNoise(math.sqrt(variance), low, high, common, base.size)


def detectable(noise: BlockNoise, blocks: int, one_way: float, metric: Metric) -> Detectable:
    """Work out what is decided within so many blocks, when one direction of a test may err by `one_way`.

    The starts are drawn as Gaussian with the noise given, their order as a runner draws it; the seed is fixed.
    """
    least = least_blocks(one_way)
    if blocks < least:
        why = Unavailable(f"{blocks} blocks fit, and a word takes at least {least}")
        return Detectable(blocks, why, why, why)
    rng = np.random.default_rng(SEED)
    trials = trials_of(blocks)
    common = rng.normal(0, noise.common_sd, (trials, blocks))
    base, candidate = common + rng.normal(0, noise.pair_sd / math.sqrt(2), (2, trials, blocks))
    first = drawn_orders(rng, trials, blocks)
    margin = smallest_margin(base, candidate, first, one_way, noise.pair_sd)
    if margin is None:
        why = Unavailable(f"{blocks} blocks decide nothing at a block SD of {noise.pair_sd:.3g}")
        return Detectable(blocks, why, why, why)
    own = margin_of(metric, metric.threshold)
    return Detectable(
        blocks,
        worse_side(metric, margin),
        _loss(base, candidate, first, margin, one_way, noise.pair_sd, metric),
        _loss(base, candidate, first, own, one_way, noise.pair_sd, metric),
    )


def trials_of(blocks: int) -> int:
    """Give how many comparisons of that length are drawn."""
    return max(LEAST_TRIALS, min(MOST_TRIALS, DRAWN_BLOCKS // blocks))


def smallest_margin(
    base: Floats, candidate: Floats, base_first: Booleans, one_way: float, sd: float
) -> float | None:
    """Bisect for the margin within which equals, of shape (trials, blocks), are proven to lie with a power of 95 %.

    None where even 64 block SDs do not do.
    """

    def power(margin: float) -> float:
        inside = proven(base, candidate, margin, "below", margin, one_way, base_first)[:, -1]
        inside = inside & proven(base, candidate, -margin, "above", margin, one_way, base_first)[:, -1]
        return float(np.mean(inside))

    return _least(power, 0.0, sd / 2)


def worse_side(metric: Metric, distance: float) -> float:
    """Give a distance on the scale of the test as a person says it: a fall of throughput, a rise of latency."""
    if metric.scale == "difference":
        return distance
    return -math.expm1(-distance) if metric.better == "higher" else math.expm1(distance)


def _loss(
    base: Floats, candidate: Floats, first: Booleans, margin: float, one_way: float, sd: float, metric: Metric
) -> Measured:
    # By the symmetry of bets and noise a fall stands for a rise as well.
    def power(distance: float) -> float:
        found = proven(base, candidate - distance, -margin, "below", margin, one_way, first)[:, -1]
        return float(np.mean(found))

    found = _least(power, margin, sd / 2)
    if found is None:
        return Unavailable(
            f"no loss is found beyond {worse_side(metric, margin):.3g} in {base.shape[1]} blocks"
        )
    return worse_side(metric, found)


def _least(power: Callable[[float], float], low: float, step: float) -> float | None:
    """Find the least argument at which a rising power reaches 95 %: double the step until it does, then bisect.

    None where it never does; simulation is dear, so each trial of an argument counts.
    """
    high = low
    for doubling in range(_WIDEST_DOUBLINGS):
        high = low + step * 2.0**doubling
        if power(high) >= POWER:
            break
        low = high
    else:
        return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= POWER else (middle, high)
    return high
