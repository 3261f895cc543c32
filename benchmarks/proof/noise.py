"""Noise that identical code may show, drawn with fixed seeds.

Synthetic kinds are in margins of a test, so that a noise of 3 stands for a block SD of 15 % at X = 5 %. Whatever a kind
does to a block, it is drawn at random which side it falls to, as `perf compare` draws order, folder and hash seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.proof.bets import Drawn
from benchmarks.proof.dataset import Booleans, Floats
from chronik_perf.stats.betting.typical import Typical, typical_of_pairs
from chronik_perf.stats.planning.nested import PILOT_BLOCKS

Shape = tuple[int, int, int]
# Pairs of slices in a block: of the pilot of a plan, and of the others.
FIRST_PAIRS, LATER_PAIRS = 3, 24
Draw = Callable[[np.random.Generator, Shape], Drawn]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of noise; `draw` gives base and candidate of (comparisons, tests, blocks), in margins."""

    name: str
    family: str
    draw: Draw


def _sd(rng: np.random.Generator, shape: Shape) -> Floats:
    """Draw a start's SD for each test, from a tenth of a margin to ten margins."""
    return np.asarray(10 ** rng.uniform(-1, 1, (shape[0], shape[1], 1)))


def _order(rng: np.random.Generator, shape: Shape) -> Booleans:
    """Draw which side is started first: once for all tests of a block."""
    return np.asarray(rng.random((shape[0], 1, shape[2])) < 0.5)


def _both(start: Callable[[np.random.Generator, Shape], Floats]) -> Draw:
    """Draw both sides alike and independently, at an SD of each test's own."""

    def draw(rng: np.random.Generator, shape: Shape) -> Drawn:
        sd = _sd(rng, shape)
        return Drawn(sd * start(rng, shape), sd * start(rng, shape), _order(rng, shape))

    return draw


def _beside(common: Callable[[np.random.Generator, Shape], Floats]) -> Draw:
    """Add to Gaussian starts what happens to both sides of a block alike."""

    def draw(rng: np.random.Generator, shape: Shape) -> Drawn:
        sd = _sd(rng, shape)
        shared = common(rng, shape)
        x, y = (shared + sd * rng.normal(size=shape) for _ in range(2))
        return Drawn(x, y, _order(rng, shape))

    return draw


def _linear(rng: np.random.Generator, shape: Shape) -> Floats:
    return rng.normal(0, 0.3, (shape[0], shape[1], 1)) * np.arange(shape[2])


def _walk(rng: np.random.Generator, shape: Shape) -> Floats:
    return np.cumsum(rng.normal(0, 1.0, shape), axis=-1)


def _plateaus(rng: np.random.Generator, shape: Shape) -> Floats:
    """Plateaus of 2 to 12 blocks at -13 % of 5 % margins, as a shared host showed."""
    length = rng.integers(2, 13, (shape[0], shape[1], 1))
    return np.asarray(-2.7 * ((np.arange(shape[2]) // length) % 2))


def _ar1(rho: float) -> Callable[[np.random.Generator, Shape], Floats]:
    def common(rng: np.random.Generator, shape: Shape) -> Floats:
        shocks = rng.normal(0, 3.0, shape)
        out = np.empty(shape)
        out[..., 0] = shocks[..., 0]
        for i in range(1, shape[2]):
            out[..., i] = rho * out[..., i - 1] + np.sqrt(1 - rho**2) * shocks[..., i]
        return out

    return common


def _bursts(both: bool) -> Draw:
    """Bursts that begin in 8 % of the blocks and hit both sides, or the start that happens to run."""

    def draw(rng: np.random.Generator, shape: Shape) -> Drawn:
        sd = _sd(rng, shape)
        size = -rng.exponential(8.0, shape)
        hit = rng.random(shape) < 0.08
        on_base = hit if both else hit & (rng.random(shape) < 0.5)
        on_candidate = hit if both else hit & ~on_base
        return Drawn(
            sd * rng.normal(size=shape) + np.where(on_base, size, 0.0),
            sd * rng.normal(size=shape) + np.where(on_candidate, size, 0.0),
            _order(rng, shape),
        )

    return draw


def _modes(weight: float, apart: float) -> Draw:
    """Give each start one of two modes; `weight` is that of the slower, `apart` their distance in margins."""

    def draw(rng: np.random.Generator, shape: Shape) -> Drawn:
        def side() -> Floats:
            return np.where(rng.random(shape) < weight, -apart, 0.0) + rng.normal(0, 0.1, shape)

        return Drawn(side(), side(), _order(rng, shape))

    return draw


def _favoured(by: float) -> Draw:
    """Favour the start that came first by so many margins, in every block."""

    def draw(rng: np.random.Generator, shape: Shape) -> Drawn:
        base_first = _order(rng, shape)
        sd = 0.1 * _sd(rng, shape)
        gain = np.where(base_first, by, 0.0)
        x, y = sd * rng.normal(size=shape) + gain, sd * rng.normal(size=shape) + by - gain
        return Drawn(x, y, base_first)

    return draw


def _mixed(rng: np.random.Generator, shape: Shape) -> Drawn:
    """Draw a drift, bursts, rare modes and heavy tails at once."""
    sd = _sd(rng, shape)
    shared = _walk(rng, shape) + np.where(rng.random(shape) < 0.05, -8.0, 0.0)

    def side() -> Floats:
        slow = np.where(rng.random(shape) < 0.15, -5.0, 0.0)
        return shared + slow + sd * rng.standard_t(2, shape)

    return Drawn(side(), side(), _order(rng, shape))


def _sliced(pair: Callable[[np.random.Generator, tuple[int, ...]], Floats], favoured: float = 0.0) -> Draw:
    """Draw blocks of 3 pairs of slices at first and 24 later, each slice apart; a start is the mean of its slices.

    `favoured` is what the first start has over the second, in margins.
    """

    def draw(rng: np.random.Generator, shape: Shape) -> Drawn:
        sd, order = _sd(rng, shape), _order(rng, shape)
        counts = [FIRST_PAIRS if block < PILOT_BLOCKS else LATER_PAIRS for block in range(shape[2])]
        base, candidate, *told = np.empty((5, *shape))
        for i, j in np.ndindex(shape[:2]):
            gains = np.where(order[i, 0], favoured, 0.0), np.where(order[i, 0], 0.0, favoured)
            sides = [
                [sd[i, j] * pair(rng, (count,)) + gain for count, gain in zip(counts, gained, strict=True)]
                for gained in gains
            ]
            base[i, j], candidate[i, j] = ([s.mean() for s in side] for side in sides)
            pairs = [c - b for b, c in zip(*sides, strict=True)]
            typical = typical_of_pairs(pairs, (candidate[i, j] - base[i, j]).tolist())
            for row, of in zip(told, (typical.value, typical.value_se, typical.whole_se), strict=True):
                row[i, j] = of
        return Drawn(base, candidate, order, Typical(*told))

    return draw


def _contaminated(rng: np.random.Generator, shape: Shape) -> Floats:
    return np.where(rng.random(shape) < 0.1, 20.0, 1.0) * rng.normal(size=shape)


def synthetic() -> tuple[Kind, ...]:
    """Give all kinds that are drawn."""
    return (
        Kind("Gaussian", "Gaussian", _both(lambda rng, s: rng.normal(size=s))),
        Kind(
            "Student's t with 2 degrees of freedom", "heavy tails", _both(lambda rng, s: rng.standard_t(2, s))
        ),
        Kind("Cauchy", "heavy tails", _both(lambda rng, s: rng.standard_cauchy(s))),
        Kind("Gaussian, 1 in 10 with 20 times the SD", "heavy tails", _both(_contaminated)),
        Kind("log-normal, skewed", "heavy tails", _both(lambda rng, s: -rng.lognormal(0, 1, s))),
        Kind("bursts on both sides", "bursts", _bursts(True)),
        Kind("bursts on one start", "bursts", _bursts(False)),
        Kind("linear drift", "drift", _beside(_linear)),
        Kind("random walk", "drift", _beside(_walk)),
        Kind("plateaus", "drift", _beside(_plateaus)),
        Kind("AR(1) over blocks, 0.5", "autocorrelation", _beside(_ar1(0.5))),
        Kind("AR(1) over blocks, 0.95", "autocorrelation", _beside(_ar1(0.95))),
        *(
            Kind(
                f"modes {round(100 * (1 - w))}/{round(100 * w)}, {a:g} margins apart",
                "two modes",
                _modes(w, a),
            )
            for w in (0.5, 0.3, 0.1, 0.03)
            for a in (1.5, 5.0, 30.0)
        ),
        *(
            Kind(f"first start favoured by {by:g} margins", "start order", _favoured(by))
            for by in (0.5, 1.5, 5.0)
        ),
        Kind("drift, bursts, modes and heavy tails at once", "mixed", _mixed),
        Kind("slices, Gaussian", "slices", _sliced(lambda rng, s: rng.normal(size=s))),
        Kind(
            "slices, Student's t with 2 degrees of freedom",
            "slices",
            _sliced(lambda rng, s: rng.standard_t(2, s)),
        ),
        Kind(
            "slices, skewed, first start favoured",
            "slices",
            _sliced(lambda rng, s: -rng.lognormal(0, 1, s), 0.5),
        ),
    )
