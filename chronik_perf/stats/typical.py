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

    `value` is what the candidate's typical slice has over the base's. `value_se` is its standard error and `whole_se`
    that of the block as a whole, as the spread of the block's own pairs and of those of the blocks before it tell; 0
    where nothing tells. Comparisons without slices may be among others: their `value` is not a number.
    """

    value: Floats
    value_se: Floats
    whole_se: Floats

    def map(self, change: Callable[[Floats], Floats]) -> Typical:
        """Give the same with all three changed alike, such as blocks picked."""
        return Typical(change(self.value), change(self.value_se), change(self.whole_se))


def typical_of_pairs(log_ratios: Sequence[Floats], wholes: Sequence[float]) -> Typical:
    """Sum up the log ratios of the pairs of slices of each block, in the order of the blocks.

    `wholes` are the blocks' own log ratios, which stand for the typical pair where a block has none. Standard errors
    come from the block's own variance and that of all pairs so far, half and half: a few pairs that agree by chance do
    not make a block sure. That of a trimmed mean is from the Winsorized variance (Yuen, Biometrika 61, 1974). Both
    stay what they are when the sides are exchanged, or all ratios moved by the same.
    """
    value, value_se, whole_se = np.empty((3, len(log_ratios)))
    so_far, middle_so_far = _Pooled(), _Pooled()
    for at, (pairs, whole) in enumerate(zip(log_ratios, wholes, strict=True)):
        cut = int(pairs.size * TRIMMED)
        ordered = np.sort(pairs)
        value[at] = ordered[cut : pairs.size - cut].mean() if pairs.size else whole
        whole_se[at] = so_far.se(float(pairs.var(ddof=1)), pairs.size) if pairs.size > 1 else so_far.se(0, 1)
        value_se[at] = (
            middle_so_far.se(_variance_of_middle(ordered, cut), pairs.size)
            if pairs.size > 1
            else middle_so_far.se(0, 1)
        )
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

    def se(self, own: float, pairs: int) -> float:
        """Take a block's variance in, and give the standard error of its mean by it and all so far."""
        self.squares += own * (pairs - 1)
        self.degrees += pairs - 1
        pooled = self.squares / self.degrees if self.degrees else 0.0
        return math.sqrt((own + pooled) / 2 / pairs if pairs > 1 else pooled)
