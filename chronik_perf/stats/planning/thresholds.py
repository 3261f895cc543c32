"""Thresholds learnt from a machine's recorded A/A: the smallest X at which a comparison decides within its budget.

They come with a lag: the newest blocks teach nothing yet, so that a machine that declines slowly does not raise its own
thresholds as it goes. With too short a history there is no threshold but the reason, never a floor that nobody set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chronik_perf.model import (
    Calibration,
    Comparison,
    Design,
    Learnt,
    Metric,
    Uncalibrated,
    Workload,
    judged,
)
from chronik_perf.stats.betting.bets import Floats
from chronik_perf.stats.gather import on_scale_of, pairs_of
from chronik_perf.stats.planning.design import drawn_orders, least_blocks
from chronik_perf.stats.planning.detectable import smallest_margin, trials_of, worse_side
from chronik_perf.stats.planning.family import EXACT

LEAST_BLOCKS = 100
LAG_BLOCKS = 20
SEED = 20_261_126
_BOOTSTRAPS = 1000
_UPPER = 97.5
# From so many comparisons on they are resampled whole, since blocks of one hour are more alike than those of two.
_CLUSTERS = 8


@dataclass(frozen=True, slots=True)
class AABlocks:
    """One test's blocks of one A/A comparison, on the scale of the test, in the order in which they ran."""

    began: str  # ISO 8601, UTC
    base: Floats
    candidate: Floats


def learn(
    metric: Metric, history: Sequence[AABlocks], budget_blocks: int, one_way: float
) -> Learnt | Uncalibrated:
    """Give the smallest X at which equals are called unchanged within `budget_blocks` with a power of 95 %.

    Comparisons are drawn from the history itself, tails included: whole blocks, each centred on its comparison (how
    fast the machine was that day is no noise of a block), the sides exchanged at random, widened by how far the block
    SD may lie above the one that was seen (bootstrap, one-sided 97.5 %; Efron and Tibshirani, "An Introduction to the
    Bootstrap", 1993, chapter 13). The seed is fixed.
    """
    in_time = sorted(history, key=lambda h: h.began)
    have = sum(h.base.size for h in in_time)
    used = _without_newest(in_time, LAG_BLOCKS)
    blocks = sum(h.base.size for h in used)
    if blocks < LEAST_BLOCKS:
        return Uncalibrated(
            f"{have} A/A blocks are recorded, and {LEAST_BLOCKS + LAG_BLOCKS} are needed: {LEAST_BLOCKS} to learn "
            f"from and the newest {LAG_BLOCKS}, which teach nothing yet"
        )
    least = least_blocks(one_way)
    if budget_blocks < least:
        return Uncalibrated(f"the budget holds {budget_blocks} blocks, and a word takes at least {least}")
    effects = [h.candidate - h.base for h in used]
    seen = float(np.sqrt(np.mean(np.concatenate(effects) ** 2)))
    if seen == 0:
        return Uncalibrated(f"all {blocks} blocks are without any noise, which no machine is")
    rng = np.random.default_rng(SEED)
    upper = _upper_sd(effects, rng)
    middles = [(h.base.mean() + h.candidate.mean()) / 2 for h in used]
    pool = np.concatenate(
        [np.stack((h.base, h.candidate)) - m for h, m in zip(used, middles, strict=True)], axis=1
    )
    shape = (trials_of(budget_blocks), budget_blocks)
    drawn = rng.integers(0, blocks, shape)
    swapped = rng.random(shape) < 0.5
    widened = pool * (upper / seen)
    base = np.where(swapped, widened[1][drawn], widened[0][drawn])
    candidate = np.where(swapped, widened[0][drawn], widened[1][drawn])
    margin = smallest_margin(base, candidate, drawn_orders(rng, *shape), one_way, upper)
    if margin is None:
        return Uncalibrated(f"at a block SD of {upper:.3g} no threshold is decided in {budget_blocks} blocks")
    return Learnt(
        threshold=worse_side(metric, margin),
        block_sd=seen,
        upper_sd=upper,
        blocks=blocks,
        held_back=have - blocks,
        since=used[0].began,
        until=used[-1].began,
    )


def aa_histories(comparisons: Sequence[Comparison]) -> Mapping[tuple[Metric, Workload], Sequence[AABlocks]]:
    """Take the history of each statistical gate and watch out of A/A comparisons."""
    tests: dict[str, tuple[Metric, Workload]] = {}
    found: dict[str, list[AABlocks]] = {}
    for comparison in comparisons:
        for m, w, r in judged(comparison.workloads):
            if r == "evidence" or m.name in EXACT:
                continue
            key = f"{m.name}@{w.name}"
            tests.setdefault(key, (m, w))
            base, candidate = on_scale_of(m, pairs_of(comparison, m, w.name))
            whole = np.isfinite(base) & np.isfinite(candidate)
            found.setdefault(key, []).append(AABlocks(comparison.started_at, base[whole], candidate[whole]))
    return {tests[key]: history for key, history in found.items()}


def is_aa(comparison: Comparison) -> bool:
    """Tell whether both sides are starts of the same program with the same configuration.

    One process on both sides is no such thing: how starts of one version vary, it does not show.
    """
    return comparison.base == comparison.candidate and not comparison.base.runs_already


def with_learnt(design: Design, workloads: Sequence[Workload], calibration: Calibration | None) -> Design:
    """Give the design the learnt thresholds of its workloads; those that a person set stay."""
    if calibration is None:
        return design
    asked = design.thresholds
    names = _names(workloads)
    learnt = {
        n: calibration.learnt[n].threshold
        for n in names
        if n in calibration.learnt and n not in asked and n.partition("@")[0] not in asked
    }
    return replace(design, thresholds={**learnt, **asked})


def calibration_sentence(calibration: Calibration | None, comparison: Comparison) -> str:
    """Say where a comparison's thresholds come from: learnt from this machine's blocks, or uncalibrated, and why.

    For the notes and reports of a comparison; a test whose X a person set is said to be theirs by the design.
    """
    if calibration is None:
        return "thresholds are uncalibrated: not learnt from A/A blocks of this machine (perf doctor --learn RUNS)"
    if calibration.fingerprint != comparison.environment.fingerprint:
        return "thresholds are uncalibrated: the history that was given is another machine's"
    asked = comparison.design.thresholds
    names = [
        n
        for n in _names(comparison.workloads)
        # A person's own X differs from what was learnt, or comes under the metric's name alone.
        if n not in asked or (n in calibration.learnt and asked[n] == calibration.learnt[n].threshold)
    ]
    learnt = [n for n in names if n in calibration.learnt]
    if not learnt:
        return "thresholds are uncalibrated: no test of this run has been learnt on this machine"
    fewest = min(calibration.learnt[n].blocks for n in learnt)
    text = f"thresholds learnt from {fewest} A/A blocks of this machine"
    rest = [n for n in names if n not in calibration.learnt]
    return f"{text}; uncalibrated: {', '.join(rest)}" if rest else text


def _names(workloads: Sequence[Workload]) -> list[str]:
    return [
        f"{m.name}@{w.name}"
        for m, w, r in judged(tuple(workloads))
        if r != "evidence" and m.name not in EXACT
    ]


def _without_newest(history: Sequence[AABlocks], blocks: int) -> list[AABlocks]:
    """Leave the newest blocks away, of the newest comparison first."""
    left = blocks
    kept: list[AABlocks] = []
    for one in reversed(history):
        keep = max(0, one.base.size - left)
        left = max(0, left - one.base.size)
        if keep:
            kept.append(AABlocks(one.began, one.base[:keep], one.candidate[:keep]))
    return kept[::-1]


def _upper_sd(effects: Sequence[Floats], rng: np.random.Generator) -> float:
    """Bootstrap the upper bound of the root mean square effect, over comparisons where there are enough."""
    parts = effects if len(effects) >= _CLUSTERS else list(np.concatenate(effects)[:, None])
    squares = np.asarray([float(np.sum(e**2)) for e in parts])
    sizes = np.asarray([e.size for e in parts], dtype=float)
    drawn = rng.integers(0, len(parts), (_BOOTSTRAPS, len(parts)))
    means = squares[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    return float(np.sqrt(np.percentile(means, _UPPER)))
