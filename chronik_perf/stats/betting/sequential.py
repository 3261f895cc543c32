"""Words at every look, for whoever has plain arrays.

A *move* beyond the margin may be proven with the help of the typical bets, which a few slow slices hardly disturb; that
the blocks as wholes moved at all, in that direction, these must prove themselves, and their mean must lie beyond the
margin. Otherwise a candidate that is faster in most slices and stalls in the rest, the same as a whole, would be called
faster. *Inside* the margin must be proven by the blocks as wholes and with
that help: the middle half does not see what befalls a quarter of the slices, so alone it could call a broker unchanged
that stalls in one slice of five.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from chronik_perf.stats.betting.bets import Booleans, Direction, Floats, log_wealths
from chronik_perf.stats.betting.typical import Typical

Found: TypeAlias = Literal["above", "below", "inside", "open"]


@dataclass(frozen=True, slots=True)
class Looks:
    """Whether at each look the shift is proven below -margin, above it, or between the two; shaped like the blocks."""

    below: Booleans
    above: Booleans
    inside: Booleans


def looks(
    base: Floats,
    candidate: Floats,
    margin: Floats | float,
    one_way: Floats | float,
    base_first: Booleans | None = None,
    typical: Typical | None = None,
    *,
    sameness: bool = True,
) -> Looks:
    """Judge after each block, along the last axis; other axes are independent comparisons.

    `base`, `candidate`, `base_first` and `typical` are as in `betting.log_wealths`; `margin` and `one_way`, the error
    of one direction, broadcast against them. Without `sameness` nothing is tried to be proven inside, which is faster.
    """
    needed = -np.log(one_way)

    def proven(shift: Floats | float, direction: Direction) -> tuple[Booleans, Booleans]:
        whole, helped = log_wealths(base, candidate, shift, direction, margin, base_first, typical)
        ever = np.maximum.accumulate(whole >= needed, axis=-1)
        return ever, ever if helped is None else np.maximum.accumulate(helped >= needed, axis=-1)

    _, below = proven(-margin, "below")
    _, above = proven(margin, "above")
    if typical is not None:
        d = candidate - base
        mean = np.cumsum(d, axis=-1) / np.arange(1, d.shape[-1] + 1)
        alone = ~np.isfinite(typical.value).all(axis=-1, keepdims=True)
        below = below & (alone | ((mean < -margin) & proven(0.0, "below")[0]))
        above = above & (alone | ((mean > margin) & proven(0.0, "above")[0]))
    inside = np.zeros_like(below)
    if sameness:
        inside = np.logical_and.reduce((*proven(margin, "below"), *proven(-margin, "above")))
    return Looks(below, above, inside)


def words_at_each_look(
    base: Floats,
    candidate: Floats,
    margin: float,
    error: float,
    base_first: Booleans | None = None,
    typical: Typical | None = None,
) -> list[Found]:
    """Say after each block where the shift of the candidate is proven to lie.

    "below" is wholly below -margin, "above" wholly above margin, "inside" between the two. `base` and `candidate` have
    one value a block on the scale of the test, shape (blocks,); `error` is two-sided and holds over all looks
    together. `base_first` and `typical` are as in `betting`. A word that was reached stays.
    """
    found = looks(base, candidate, margin, error / 2, base_first, typical)
    words: list[Found] = []
    for below, above, inside in zip(found.below, found.above, found.inside, strict=True):
        if words and words[-1] != "open":
            words.append(words[-1])
        else:
            words.append("below" if below else "above" if above else "inside" if inside else "open")
    return words
