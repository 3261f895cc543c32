"""What the pairs of slices of a block tell beside the block as a whole: its typical pair, and how sure both are."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """What each block's own pairs tell, one value a block along the last axis.

    `value` is the typical pair, `own` the variance of the pairs, `middle` the one that a single pair would have for the
    mean of the middle to be as sure as it is, `pairs` how many there are, and `measured` how many were measured,
    those without a value among them.
    """

    value: Floats
    own: Floats
    middle: Floats
    pairs: Floats
    measured: Floats

    def map(self, change: Callable[[Floats], Floats]) -> Spreads:
        """Give the same with all of them changed alike, such as blocks picked."""
        return Spreads(*(change(x) for x in (self.value, self.own, self.middle, self.pairs, self.measured)))

    def typical(self) -> Typical:
        """Give the standard errors of blocks in this order.

        That of the typical pair comes from the block's own variance and that of all pairs so far, half and half: a few
        that agree by chance do not make a block sure. For the block as a whole neither its own spread counts (but in
        the first, which has no other) nor how many of its pairs have a value: whatever is proven must not be so by
        heeding least just the blocks in which a side stalls. Both stay what they are when the sides are exchanged, or
        all ratios moved by the same.
        """
        freedom = np.maximum(0.0, self.pairs - 1)
        before = _pooled(self.own, freedom, itself=False)
        before[..., 0] = self.own[..., 0]
        middle = _pooled(self.middle, freedom, itself=True)
        middle = np.where(freedom > 0, (self.middle + middle) / 2, middle)
        return Typical(
            self.value,
            np.sqrt(middle / np.maximum(1.0, self.pairs)),
            np.sqrt(before / np.maximum(1.0, self.measured)),
        )


def spreads_of(
    log_ratios: Sequence[Floats], wholes: Sequence[float], measured: Sequence[int] | None = None
) -> Spreads:
    """Sum up the log ratios of the pairs of slices of each block, in the order of the blocks.

    `wholes` are the blocks' own log ratios, which stand for the typical pair where a block has none; `measured` says
    how many pairs each has, where some have no ratio. The variance of a trimmed mean is from the Winsorized one (Yuen,
    Biometrika 61, 1974).
    """
    value, own, middle = np.zeros((3, len(log_ratios)))
    for at, (pairs, whole) in enumerate(zip(log_ratios, wholes, strict=True)):
        cut = int(pairs.size * TRIMMED)
        ordered = np.sort(pairs)
        value[at] = ordered[cut : pairs.size - cut].mean() if pairs.size else whole
        if pairs.size > 1:
            own[at], middle[at] = pairs.var(ddof=1), _variance_of_middle(ordered, cut)
    sizes = np.array([r.size for r in log_ratios], dtype=float)
    return Spreads(value, own, middle, sizes, sizes if measured is None else np.array(measured, dtype=float))


def typical_of_pairs(log_ratios: Sequence[Floats], wholes: Sequence[float]) -> Typical:
    """Give the typical pair of each block, where every pair that was measured has a ratio; see `spreads_of`."""
    return spreads_of(log_ratios, wholes).typical()


def _variance_of_middle(ordered: Floats, cut: int) -> float:
    kept = ordered.size - 2 * cut
    winsorized = np.clip(ordered, ordered[cut], ordered[ordered.size - cut - 1])
    squares = float(np.sum((winsorized - winsorized.mean()) ** 2))
    return ordered.size * squares / (kept * (kept - 1))


def _pooled(variances: Floats, freedom: Floats, *, itself: bool) -> Floats:
    """Pool the variances of each block and those before it, or only of those before it; 0 where there are none."""
    squares, degrees = np.cumsum(variances * freedom, axis=-1), np.cumsum(freedom, axis=-1)
    if not itself:
        squares, degrees = squares - variances * freedom, degrees - freedom
    return np.where(degrees > 0, np.maximum(0.0, squares) / np.maximum(1.0, degrees), 0.0)
