"""What a design can tell, worked out before it runs; one that cannot reach its error rate is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from chronik_perf.model import METRICS, BadInput, Design, Metric, Role, Workload, judged
from chronik_perf.stats import words
from chronik_perf.stats.betting.bets import Booleans, proven, smallest_error
from chronik_perf.stats.planning.family import EXACT, Family, margin_of, threshold_of

POWER = 0.95
_TRIALS = 400
_SEED = 20_260_511


@dataclass(frozen=True, slots=True)
class MetricPower:
    """What the design can tell of one gate or watch.

    `largest_block_sd` is the SD over blocks of the log ratio (or of the difference, in the metric's unit) up to which
    equals are called unchanged with a probability of 95 %. By the symmetry of the bets a move of twice the margin is
    then found with the same probability.
    """

    metric: str
    workload: str
    role: Role
    threshold: float
    margin: float
    largest_block_sd: float


@dataclass(frozen=True, slots=True)
class DesignPower:
    """The error rates of a design and what they ask for. `least_blocks` must be seen before there is any word.

    `smallest_p` is the smallest two-sided p that so many blocks can reach, however large the effect.
    """

    blocks: int
    tests: int
    error: float
    least_blocks: int
    smallest_p: float
    metrics: tuple[MetricPower, ...]
    sentence: str


def design_check(design: Design, workloads: tuple[Workload, ...]) -> DesignPower:
    """Work out what a design can tell before a block is run.

    However large an effect, a block can multiply the wealth of a bet only so often, so that too few blocks can prove
    nothing at the error rate that was promised: such a design is refused.

    Raises BadInput for that, for a threshold or an error rate that makes no sense, or for a threshold for a metric or
    workload that is not measured.
    """
    family = Family.of(design, workloads)
    check_names(design, workloads)
    least = least_blocks(family.one_way)
    smallest_p = min(1.0, 2 * smallest_error(design.blocks))
    if design.blocks < least:
        raise BadInput(
            f"{words.count(design.blocks, 'block')} cannot reach an error of {words.rate(family.error)} for each of "
            f"{words.count(family.tests, 'test')}: the smallest p in reach is {smallest_p:.2g}; ask for at least "
            f"{least} blocks, or allow a larger --family-error"
        )
    rows = tuple(
        _power(m, w, r, threshold_of(m, w, design), design.blocks, family)
        for m, w, r in judged(workloads)
        if r != "evidence" and m.name not in EXACT
    )
    return DesignPower(
        blocks=design.blocks,
        tests=family.tests,
        error=family.error,
        least_blocks=least,
        smallest_p=smallest_p,
        metrics=rows,
        sentence=_sentence(design, family, rows, least),
    )


def least_blocks(one_way: float) -> int:
    """Give the number of blocks from which on anything can be proven at this error of one direction."""
    blocks = 1
    while max(smallest_error(blocks, typical=share) for share in (False, True)) > one_way:
        blocks += 1
    return blocks


def drawn_orders(rng: np.random.Generator, trials: int, blocks: int) -> Booleans:
    """Draw who is started first in each block: by a coin, and the second block the other way round."""
    first = rng.random((trials, blocks)) < 0.5
    if blocks > 1:
        first[:, 1] = ~first[:, 0]
    return first


def _power(m: Metric, w: Workload, role: Role, threshold: float, blocks: int, family: Family) -> MetricPower:
    margin = margin_of(m, threshold)
    largest = margin * _largest_sd_in_margins(blocks, family.one_way)
    return MetricPower(m.name, w.name, role, threshold, margin, largest)


@lru_cache(maxsize=64)
def _largest_sd_in_margins(blocks: int, one_way: float) -> float:
    """Bisect for the block SD, in margins, at which equals are called unchanged with a probability of 95 %.

    Simulated with Gaussian starts and a fixed seed: the bets have no closed form for it.
    """
    rng = np.random.default_rng(_SEED)
    noise = rng.normal(0, math.sqrt(0.5), (2, _TRIALS, blocks))
    first = drawn_orders(rng, _TRIALS, blocks)

    def power(sd: float) -> float:
        base, candidate = noise * sd
        inside = [
            proven(base, candidate, side * 1.0, "below" if side > 0 else "above", 1.0, one_way, first)[:, -1]
            for side in (1, -1)
        ]
        return float(np.mean(inside[0] & inside[1]))

    low, high = 0.0, 4.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle) >= POWER else (low, middle)
    return low


def check_names(design: Design, workloads: tuple[Workload, ...]) -> None:
    """Raise BadInput for a threshold for a metric that there is not, or for a workload that is not measured."""
    metrics, loads = {m.name for m in METRICS}, {w.name for w in workloads}
    for key in design.thresholds:
        metric, _, load = key.partition("@")
        if metric not in metrics:
            raise BadInput(f"no metric is called {metric!r}; there are {', '.join(m.name for m in METRICS)}")
        if load and load not in loads:
            raise BadInput(
                f"no workload of this run is called {load!r}; there are {', '.join(sorted(loads))}"
            )


def _sentence(design: Design, family: Family, rows: tuple[MetricPower, ...], least: int) -> str:
    text = (
        f"a look after each block, at most {words.count(design.blocks, 'block')}; "
        f"{words.count(family.tests, 'test')} share an error of {words.rate(design.family_error)} over all looks, "
        f"so a word takes at least {words.count(least, 'block')}"
    )
    gates = [r for r in rows if r.role == "gate"] or list(rows)
    ratios = [r for r in gates if next(m for m in METRICS if m.name == r.metric).scale == "ratio"]
    if not ratios:
        return f"{text}."
    tightest = min(ratios, key=lambda r: r.largest_block_sd)
    return (
        f"{text}; equals are called unchanged within ±{tightest.threshold * 100:g} %, and a loss of about twice that "
        f"is found, with a power of {POWER * 100:.0f} % up to a block SD of {tightest.largest_block_sd * 100:.2g} %."
    )
