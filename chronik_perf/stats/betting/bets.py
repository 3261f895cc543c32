"""An anytime-valid test by betting: the one source of every interval and word.

A gambler with a stake of 1 bets, block after block, against "the candidate is the base, shifted by this much". If
that is true, no strategy makes money on average, so by Ville's inequality the wealth ever reaches 1 / error with a
probability of at most `error`, at whatever block one looks or stops. Wealth that does reach it is the proof. (Shafer,
"Testing by betting", JRSS A 184, 2021; Ramdas, Gruenwald, Vovk, Shafer, "Game-theoretic statistics and safe anytime-
valid inference", Statistical Science 38, 2023.)

With x and y the base's and the candidate's value of a block and y' = y - shift, there are three kinds of bets:

paired   1 + tanh(lambda (x - y')). Fair whenever x and y' of one block may be exchanged, whatever the distribution:
         heavy tails, bursts, drifts and modes included, because only the sign of the difference is random. (The sign-
         symmetric martingale; its Gaussian bound is in de la Pena, Annals of Probability 27, 1999, and Howard et al.,
         Annals of Statistics 49, 2021.) A won block at most doubles the wealth.
apart    (1 + tanh lambda(x - c)) (1 + tanh lambda(c' - y')), c the middle of both sides over the earlier blocks plus
         half of what the place adds that the base has now (started first, or second), c' the same for the
         candidate's place. Its mean is
         4 p (1 - p) <= 1 with p the mean of (1 + tanh lambda(x - c)) / 2, the same for x and y'. It needs more: that
         the two starts of a block are independent, given what happened to both and up to what their places add. A
         won block at most quadruples the wealth, which is what two sides that lie wholly apart prove: a version with
         two modes shows one of them in the base and the other in the candidate with a probability of at most 1/4 a
         block. Centres of their own for each place, because a favoured place makes the two starts of a block
         depend on each other: one of them always has it. What the places add is estimated, so here the mean is 1 up
         to that estimate's error; docs/proof.md counts what it comes to.
typical  1 + tanh(lambda (shift - t)), t what the candidate's typical slice has over the base's: the mean of the middle
         half of the block's pairs. Fair as the paired ones are, since t changes its sign when the sides are
         exchanged. A neighbour that slows a few slices moves t far less than it moves y - x, the block as a whole.

Without slices half of the stake is on each of the first two. With them all three share it; but the middle does not see
what befalls a quarter of the slices, so it may help to prove a move and never, alone, that there is none: see
`sequential`.

No variance is assumed. `lambda` is a grid relative to a scale: the margin of the verdict, for a difference much smaller
than it need not be told. Where there are slices the scale is margin + s^2 / (2 margin), s the standard error of the
block: a Gaussian block is best bet on in inverse proportion to its variance, and a large bet that is lost to noise
takes more than many small ones won. For the paired bets and those apart s is known before the block, from the spread of
earlier pairs and from how many pairs it has; for the typical ones it is by its own pairs, too. They stay fair: the
spread is the same whichever side is which, so given the spread the sign is as random as before.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chronik_perf.stats.betting.typical import Typical

Floats: TypeAlias = NDArray[np.float64]

Booleans: TypeAlias = NDArray[np.bool_]
Direction: TypeAlias = Literal["above", "below"]

# Chosen on simulated Gaussian pairs for the fewest blocks over margins of 0.4 to 5 block SDs and effects of 0 to 60
# margins; neighbours of this grid cost a block more or less.
STAKES = (6.0, 1.5, 0.4)
# The smallest is for blocks that are noisier than the margin and have no slices to say so.
LOG_WEIGHTS = np.log((0.4, 0.5, 0.1))
PAIRED_SHARE = 0.5
# With the typical bets: as many blocks for a large effect as without them, since those are proven by the bets apart.
PAIRED_SHARE_OF_THREE, TYPICAL_SHARE = 0.15, 0.4

_LOG_2 = float(np.log(2.0))


def log_wealth(
    base: Floats,
    candidate: Floats,
    shift: Floats | float,
    direction: Direction,
    scale: Floats | float,
    base_first: Booleans | None = None,
    typical: Typical | None = None,
    *,
    helped: bool = True,
) -> Floats:
    """Give the log of the wealth after each block that the true shift is above (or below) `shift`.

    `base` and `candidate` have one value a block along their last axis, on the scale of the test (logarithms for
    ratios); other axes are independent comparisons. `shift` broadcasts against those with an axis of length 1 for
    the blocks, `scale` against all; a scale may differ from block to block as long as it depends on earlier ones
    alone; an infinite one bets nothing. `base_first` tells of each block whether the base had the first place;
    without it the places are taken to be alike. `typical` is what the pairs of slices of each block tell; without
    `helped` it only says how sure the blocks as wholes are, and no typical bets are made. The result has the shape of
    the broadcast.
    """
    whole, with_typical = log_wealths(base, candidate, shift, direction, scale, base_first, typical)
    return with_typical if helped and with_typical is not None else whole


def log_wealths(
    base: Floats,
    candidate: Floats,
    shift: Floats | float,
    direction: Direction,
    scale: Floats | float,
    base_first: Booleans | None = None,
    typical: Typical | None = None,
) -> tuple[Floats, Floats | None]:
    """Give the log wealth of the blocks as wholes, and the one with the typical bets; None without `typical`.

    Where the typical value is not a number in some block, that comparison has none, and both are the same.
    """
    sign = 1.0 if direction == "below" else -1.0
    x, y = sign * base, sign * (candidate - shift)
    x, y = np.broadcast_arrays(x, y)
    centre_x, centre_y, ready = _centres(x, y, base_first)
    # All stakes at once, along an axis of their own in front.
    axes = max(x.ndim, np.ndim(scale))
    stakes = np.asarray(STAKES).reshape(-1, *[1] * axes)
    rates = stakes / np.asarray(scale, dtype=float)
    if typical is not None:
        rates = stakes / doubted_scale(scale, typical.whole_se)
    paired = _spread_over_stakes(_log_bet(rates * (x - y)))
    apart = _log_bet(rates * (x - centre_x)) + _log_bet(rates * (centre_y - y))
    apart = _spread_over_stakes(np.where(ready, apart, 0.0))
    whole = np.logaddexp(paired + np.log(PAIRED_SHARE), apart + np.log(1 - PAIRED_SHARE))
    if typical is None:
        return whole, None
    known = np.isfinite(typical.value).all(axis=-1, keepdims=True)
    gain = sign * (shift - np.where(known, typical.value, 0.0))
    shared = np.logaddexp(
        paired + np.log(PAIRED_SHARE_OF_THREE),
        apart + np.log(1 - PAIRED_SHARE_OF_THREE - TYPICAL_SHARE),
    )
    helped = np.logaddexp(
        shared,
        _spread_over_stakes(_log_bet(stakes / doubted_scale(scale, typical.value_se) * gain))
        + np.log(TYPICAL_SHARE),
    )
    return whole, np.asarray(np.where(known, helped, whole), dtype=float)


def wealth(
    base: Floats,
    candidate: Floats,
    shift: float,
    direction: Direction,
    scale: Floats | float,
    base_first: Booleans | None = None,
) -> Floats:
    """Give the wealth after each block; see `log_wealth`. It may overflow to infinity, which is right."""
    with np.errstate(over="ignore"):
        return np.exp(log_wealth(base, candidate, shift, direction, scale, base_first))


def proven(
    base: Floats,
    candidate: Floats,
    shift: Floats | float,
    direction: Direction,
    scale: Floats | float,
    error: Floats | float,
    base_first: Booleans | None = None,
) -> Booleans:
    """Tell after each block whether the true shift is proven above (or below) `shift`; once proven, always.

    `error` is the chance that this one direction is ever proven wrongly.
    """
    gained = log_wealth(base, candidate, shift, direction, scale, base_first) >= -np.log(error)
    return np.asarray(np.maximum.accumulate(gained, axis=-1))


def doubted_scale(scale: Floats | float, se: Floats) -> Floats:
    """Give the scale of the bets on blocks that have this standard error by their slices."""
    return np.asarray(scale + se**2 / (2 * np.asarray(scale, dtype=float)), dtype=float)


def smallest_error(blocks: int, places: bool = True, typical: bool = False) -> float:
    """Give the smallest error of one direction that this many blocks can reach, however large the effect.

    `places` tells whether the bets know of places, and so wait until each side has had both: two blocks at the least.
    `typical` tells whether the typical bets have a share, which makes it a little larger from five blocks on.
    """
    if blocks < 1:
        return 1.0
    doubling = PAIRED_SHARE_OF_THREE + TYPICAL_SHARE if typical else PAIRED_SHARE
    most = doubling * 2.0**blocks + (1 - doubling) * 4.0 ** max(0, blocks - (2 if places else 1))
    return min(1.0, 1 / most)


def _centres(x: Floats, y: Floats, base_first: Booleans | None) -> tuple[Floats, Floats, Booleans]:
    """Give what the base and the candidate of each block are held against, and the blocks that may be bet on.

    Both from earlier blocks: the middle between the sides, and half of what the first place adds to it, which is known
    only when each side has had both places. (Two-way means: what the places add cancels in the middle, and what
    the sides differ by cancels between the two orders.)
    """
    middle = (_earlier_mean(x) + _earlier_mean(y)) / 2
    if base_first is None:
        ready = np.arange(x.shape[-1]) > 0
        return middle, middle, np.broadcast_to(ready, x.shape)
    first = np.broadcast_to(base_first, x.shape)
    added: list[Floats] = []
    ready = np.ones(x.shape, dtype=bool)
    for order, gain in ((first, x - y), (~first, y - x)):
        before: NDArray[np.int_] = np.cumsum(order, axis=-1) - order
        sums = np.cumsum(np.where(order, gain, 0.0), axis=-1) - np.where(order, gain, 0.0)
        added.append(sums / np.maximum(before, 1))
        ready &= before > 0
    half = (added[0] + added[1]) / 4
    towards_base = np.where(first, half, -half)
    return middle + towards_base, middle - towards_base, ready


def _earlier_mean(values: Floats) -> Floats:
    """Give the mean of the blocks before each block; of the first block its own value, which is not bet on."""
    sums = np.cumsum(values, axis=-1)
    means = np.array(values, dtype=float, copy=True)
    means[..., 1:] = sums[..., :-1] / np.arange(1, values.shape[-1])
    return means


def _spread_over_stakes(log_bets: Floats) -> Floats:
    """Give the log wealth after each block of a stake that is spread over the rates, the first axis."""
    weights = LOG_WEIGHTS.reshape(-1, *[1] * (log_bets.ndim - 1))
    return np.asarray(np.logaddexp.reduce(np.cumsum(log_bets, axis=-1) + weights, axis=0), dtype=float)


def _log_bet(z: Floats) -> Floats:
    """Give log(1 + tanh z) without overflow."""
    return np.asarray(_LOG_2 - np.logaddexp(0.0, -2 * z))
