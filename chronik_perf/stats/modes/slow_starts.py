"""Starts of one side that are slow beside the other side's: modes that the machine's own slow times hide in levels.

A disk that is at times four times slower moves both sides of a block, and gives any version as many speeds; what a
start does beside the one that was measured with it, slice after slice, it does not move. So where no side has modes of
its own in levels (`modes_of`), they are sought in the candidate's throughput over the base's, one value a block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chronik_perf.model import Block, Comparison, Side, Workload
from chronik_perf.stats.betting.bets import Booleans, Floats
from chronik_perf.stats.modes.components import two_components
from chronik_perf.stats.modes.levels import far_apart
from chronik_perf.stats.modes.shares import (
    SideModes,
    change_in_share,
    is_proven,
    mode_shares,
    modes_of,
    speeds,
)

# At each level; of recorded comparisons of equals one in seven has one or two that lie far out.
LEAST_STARTS = 3
LEAST_BLOCKS = 12  # of fewer, more than one normal sample in a hundred looks like two levels
# What is bet on the next slow start: all that there is, which one contrary start ends, and less, which it does not.
STAKES = ((0.4, 1.0), (0.6, 0.8))


@dataclass(frozen=True, slots=True)
class SlowStarts:
    """Blocks in which one start was slow beside the other: two speeds of the candidate beside the base.

    `speeds` are both, the lower first: the candidate's throughput over the base's, and in how many blocks. `base` and
    `candidate` are the blocks in which that side's start was the slow one. `p` is that of "it is either side's as
    often", `changed` tells whether that is refuted, all workloads of the comparison counted.
    """

    speeds: tuple[tuple[float, int], tuple[float, int]]
    base: tuple[Block, ...]
    candidate: tuple[Block, ...]
    p: float
    changed: bool

    @property
    def blocks(self) -> int:
        """Give how many blocks were looked at."""
        return sum(blocks for _, blocks in self.speeds)

    @property
    def worse(self) -> bool:
        """Tell whether the candidate is proven to have the slow start more often."""
        return self.changed and len(self.candidate) > len(self.base)


def slow_starts(comparison: Comparison, workload: Workload) -> SlowStarts | None:
    """Find the blocks in which one start was slow beside the other; None where the ratio does not look like two levels.

    One value a block is too few for a valley to be proven. So the look of it is enough to tell of two speeds, and whose
    they are is what is proven or not; of one that moved as a whole, one sample in a hundred looks so.
    """
    blocks, ratios = ratios_of(comparison, workload)
    levels = _two_levels(ratios)
    if levels is None:
        return None
    base, candidate = _slow(ratios)
    p = change_in_signs(base, candidate)
    of_base, of_candidate = (
        tuple(block for block, one in zip(blocks, slow, strict=True) if one) for slow in (base, candidate)
    )
    low, high, lower = levels
    both = ((math.exp(low), lower), (math.exp(high), ratios.size - lower))
    return SlowStarts(both, of_base, of_candidate, p, is_proven(comparison, p))


def change_in_signs(base: Booleans, candidate: Booleans) -> float:
    """Give the p of "it is either side's as often", one value a block, at whatever block one stops.

    A block tells of one side at the most, so the bets of shares, whose sides are independent, are not fair here. These
    are on a coin: which side it is, of the blocks that tell of one. Two-sided; k in a row give 2 / 2^k at the least.
    """
    most = 0.0
    for won, lost in ((base, candidate), (candidate, base)):
        wealth = sum(
            share * np.cumprod(np.where(won, 1 + stake, np.where(lost, 1 - stake, 1.0)))
            for share, stake in STAKES
        )
        most = max(most, float(np.max(wealth, initial=0.0)))
    return min(1.0, 2 / most) if most > 0 else 1.0


def oftener_slow(comparison: Comparison) -> Iterator[tuple[Workload, tuple[Block, ...]]]:
    """Give each workload in which the candidate is proven to be slow more often than the base.

    With it come the blocks in which the candidate's start was the slow one.
    """
    for workload in comparison.workloads:
        sides = modes_of(comparison, workload)
        shares = mode_shares(comparison, sides)
        if shares is not None and shares.worse:
            yield workload, shares.slow_blocks
        slow = None if levels_tell(sides) else slow_starts(comparison, workload)
        if slow is not None and slow.worse:
            yield workload, slow.candidate


def levels_tell(sides: dict[Side, SideModes]) -> bool:
    """Tell whether a side has modes of its own in levels, so that none are sought in the ratio."""
    return any(side.found for side in sides.values())


def could_have_modes(comparison: Comparison) -> bool:
    """Tell whether the starts of a side look like two levels, and how often each comes is not yet known to differ.

    No proof, and cheap: it tells whether more starts could be worth their time.
    """
    return any(_could_have_modes(comparison, workload) for workload in comparison.workloads)


def may_prove_modes(comparison: Comparison, more: int) -> bool:
    """Tell whether the candidate's slow starts, not proven yet, would be with so many blocks more like these."""
    return any(_may_prove(comparison, workload, more) for workload in comparison.workloads)


def _may_prove(comparison: Comparison, workload: Workload, more: int) -> bool:
    sides = modes_of(comparison, workload)
    if levels_tell(sides):
        shares = mode_shares(comparison, sides)
        if shares is None or shares.changed:
            return False
        then = (np.resize(x, x.size + more) for x in (shares.base, shares.candidate))
        return bool(
            shares.candidate.mean() > shares.base.mean() and is_proven(comparison, change_in_share(*then))
        )
    _, ratios = ratios_of(comparison, workload)
    if _two_levels(ratios) is None:
        return False
    so_far = _slow(ratios)
    base, candidate = (np.resize(slow, slow.size + more) for slow in so_far)
    now, later = (is_proven(comparison, change_in_signs(*both)) for both in (so_far, (base, candidate)))
    return bool(later and not now and candidate.sum() > base.sum())


def _could_have_modes(comparison: Comparison, workload: Workload) -> bool:
    of_side = speeds(comparison, workload)
    both = [(b, c) for b, c in zip(of_side["base"], of_side["candidate"], strict=True) if b.size and c.size]
    if not both:
        return False
    medians = [np.asarray([float(np.log(np.median(pair[k]))) for pair in both]) for k in (0, 1)]
    levels = far_apart(medians[0], medians[1]) or far_apart(medians[1], medians[0])
    if not levels and _two_levels(ratios_of(comparison, workload)[1]) is None:
        return False
    sides = modes_of(comparison, workload)
    shares = mode_shares(comparison, sides) if levels_tell(sides) else slow_starts(comparison, workload)
    return shares is None or not shares.changed


def ratios_of(comparison: Comparison, workload: Workload) -> tuple[tuple[Block, ...], Floats]:
    """Give the blocks that have both sides, and the log of what the candidate's typical slice had of the base's."""
    of_side = speeds(comparison, workload)
    blocks, ratios = [], []
    for block, base, candidate in zip(
        comparison.kept_blocks, of_side["base"], of_side["candidate"], strict=True
    ):
        pairs = min(base.size, candidate.size)
        if pairs:
            blocks.append(block)
            ratios.append(float(np.median(np.log(candidate[:pairs] / base[:pairs]))))
    return tuple(blocks), np.asarray(ratios)


def _two_levels(ratios: Floats) -> tuple[float, float, int] | None:
    """Give both levels and how many blocks have the lower, if they look like two that starts keep to.

    None where they look like one, or like one and a burst that hit one side.
    """
    # Both sides have moved a ratio, so nothing is beside it.
    if ratios.size < LEAST_BLOCKS or not far_apart(ratios, np.zeros_like(ratios)):
        return None
    low, high, _, _ = two_components(ratios)
    lower = int((ratios < (low + high) / 2).sum())
    return (low, high, lower) if min(lower, ratios.size - lower) >= LEAST_STARTS else None


def _slow(ratios: Floats) -> tuple[Booleans, Booleans]:
    """Tell of each block whether the base's start was the slow one, and whether the candidate's was.

    The cut is the same in both directions and follows from the sizes alone, so that under identical code either is as
    likely to be beyond it. Sizes that look like one level leave no start as fast as the other.
    """
    sizes = np.abs(ratios)
    low, high, _, _ = two_components(sizes)
    cut = (low + high) / 2 if far_apart(sizes, np.zeros_like(sizes)) else 0.0
    return ratios > cut, ratios < -cut
