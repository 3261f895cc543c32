"""What more blocks would bring, by drawing them from the blocks there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chronik_perf.stats.betting.bets import Booleans, Floats
from chronik_perf.stats.betting.sequential import looks
from chronik_perf.stats.betting.typical import Typical
from chronik_perf.stats.planning.nested import PILOT_BLOCKS

FUTURES = 60
HORIZON = 200
SEED = 20_260_412


@dataclass(frozen=True, slots=True)
class Forecast:
    """Shares of the drawn futures. `decided_at` is the number of blocks in all at which half of them are decided.

    `by_horizon` is the share that is decided, and `below` and `above` the shares that prove a move beyond the margin,
    when there are `horizon` blocks in all. `decided_at` is None where half never are.
    """

    horizon: int
    by_horizon: float
    below: float
    above: float
    decided_at: int | None


def forecast(
    base: Floats,
    candidate: Floats,
    margin: float,
    one_way: float,
    horizon: int = HORIZON,
    base_first: Booleans | None = None,
    typical: Typical | None = None,
) -> Forecast:
    """Go on with blocks drawn from those there are (a bootstrap of whole blocks), and see when a word would come.

    `base` and `candidate` are on the scale of the test, shape (blocks,), at least one; `one_way` is the error of one
    direction. Blocks to come are like those after the pilot of the plan, whose blocks are shorter; as long as these are
    few, they are like all there are. The seed is fixed, so that the same blocks give the same forecast.
    """
    have = base.size
    more = max(0, horizon - have)
    like_from = PILOT_BLOCKS if have >= 2 * PILOT_BLOCKS else 0
    drawn = np.random.default_rng(SEED).integers(like_from, have, (FUTURES, more))

    def going_on(of: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate((np.tile(of, (FUTURES, 1)), of[drawn]), axis=1)

    def first(won: Booleans) -> Floats:
        return np.where(won.any(axis=1), won.argmax(axis=1) + 1.0, np.inf)

    # A block keeps its places and its slices, so that what those add is drawn with it.
    found = looks(
        going_on(base),
        going_on(candidate),
        margin,
        one_way,
        None if base_first is None else going_on(base_first),
        None if typical is None else typical.map(going_on),
    )
    beyond_below, beyond_above, within = first(found.below), first(found.above), first(found.inside)
    decided = np.minimum(np.minimum(beyond_below, beyond_above), within)
    half = float(np.median(decided))
    return Forecast(
        horizon=have + more,
        by_horizon=float(np.mean(np.isfinite(decided))),
        below=float(np.mean(np.isfinite(beyond_below))),
        above=float(np.mean(np.isfinite(beyond_above))),
        decided_at=int(half) if np.isfinite(half) else None,
    )
