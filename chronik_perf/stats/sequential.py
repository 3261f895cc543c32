"""Words at every look, for whoever has plain arrays."""

from __future__ import annotations

from typing import Literal, TypeAlias

from chronik_perf.stats.betting import Booleans, Floats, proven

Found: TypeAlias = Literal["above", "below", "inside", "open"]


def words_at_each_look(
    base: Floats, candidate: Floats, margin: float, error: float, base_first: Booleans | None = None
) -> list[Found]:
    """Say after each block where the shift of the candidate is proven to lie.

    "below" is wholly below -margin, "above" wholly above margin, "inside" between the two. `base` and `candidate` have
    one value a block on the scale of the test, shape (blocks,); `error` is two-sided and holds over all looks
    together. `base_first` is as in `betting`. A word that was reached stays.
    """
    one_way = error / 2
    below = proven(base, candidate, -margin, "below", margin, one_way, base_first)
    above = proven(base, candidate, margin, "above", margin, one_way, base_first)
    inside = proven(base, candidate, margin, "below", margin, one_way, base_first) & proven(
        base, candidate, -margin, "above", margin, one_way, base_first
    )
    words: list[Found] = []
    for i in range(base.size):
        if words and words[-1] != "open":
            words.append(words[-1])
        else:
            words.append("below" if below[i] else "above" if above[i] else "inside" if inside[i] else "open")
    return words
