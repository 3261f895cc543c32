"""What the pairs of slices of a block tell beside the block as a whole: its typical pair, and how sure both are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The typical pair is the mean of the middle half of them: on recorded blocks as steady as the median or steadier.
TRIMMED = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Typical:
    """One value a block along the last axis, all on the scale of the test, where ratios are logarithms.

    `value` is what the candidate's typical slice has over the base's, and `value_se` its standard error, as the spread
    of the block's own pairs and of those of the blocks before it tell. `whole_se` is that of the block as a whole, as
    the blocks before it and the number of its own pairs tell. Both are 0 where nothing tells. Comparisons without
    slices may be among others: their `value` is not a number.
    """

    value: Floats
    value_se: Floats
    whole_se: Floats

    def map(self, change: Callable[[Floats], Floats]) -> Typical:
        """Give the same with all three changed alike, such as blocks picked."""
        return Typical(change(self.value), change(self.value_se), change(self.whole_se))


def typical_of_pairs(log_ratios: Sequence[Floats], wholes: Sequence[float]) -> Typical:
    """Sum up the log ratios of the pairs of slices of each block, in the order of the blocks.

    `wholes` are the blocks' own log ratios, which stand for the typical pair where a block has none. The standard error
    of the typical pair comes from the block's own variance and that of all pairs so far, half and half: a few that
    agree by chance do not make a block sure. That of a trimmed mean is from the Winsorized variance (Yuen, Biometrika
    61, 1974). For the block as a whole its own spread does not count (but in the first, which has no other): whatever
    is proven must not be so by heeding least just the blocks in which a side stalls. Both stay what they are when the
    sides are exchanged, or all ratios moved by the same.
    """
    value, value_se, whole_se = np.empty((3, len(log_ratios)))
    pairs_so_far, middles_so_far = _Pooled(), _Pooled()
    for at, (pairs, whole) in enumerate(zip(log_ratios, wholes, strict=True)):
        cut = int(pairs.size * TRIMMED)
        ordered = np.sort(pairs)
        value[at] = ordered[cut : pairs.size - cut].mean() if pairs.size else whole
        n = max(1, pairs.size)
        own = float(pairs.var(ddof=1)) if n > 1 else 0.0
        whole_se[at] = math.sqrt((pairs_so_far.variance or own) / n)
        pairs_so_far.add(own, n)
        own = _variance_of_middle(ordered, cut) if n > 1 else middles_so_far.variance
        middles_so_far.add(own, n)
        value_se[at] = math.sqrt((own + middles_so_far.variance) / 2 / n)
    return Typical(value, value_se, whole_se)


def _variance_of_middle(ordered: Floats, cut: int) -> float:
    """Give the variance that a single pair would have for the mean of the middle to be as sure as it is."""
    kept = ordered.size - 2 * cut
    winsorized = np.clip(ordered, ordered[cut], ordered[ordered.size - cut - 1])
    squares = float(np.sum((winsorized - winsorized.mean()) ** 2))
    return ordered.size * squares / (kept * (kept - 1))


@dataclass(slots=True)
class _Pooled:
    """The variance of one pair, from all blocks so far, each with the weight of its pairs but one."""

    squares: float = 0.0
    degrees: int = 0

    @property
    def variance(self) -> float:
        """Give it; 0 as long as no block had two pairs."""
        return self.squares / self.degrees if self.degrees else 0.0

    def add(self, own: float, pairs: int) -> None:
        """Take in a block whose pairs have this variance."""
        self.squares += own * (pairs - 1)
        self.degrees += pairs - 1
