"""The plan of the next block, from what the blocks so far cost and how noisy they were."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from chronik_perf.experiment.evidence.timing import CLOSING_S, evidence_seconds
from chronik_perf.experiment.pilot import MOST
from chronik_perf.experiment.plan import Budget
from chronik_perf.model import (
    SIDES,
    Block,
    Comparison,
    MetricVerdict,
    Verdict,
    Workload,
    metric,
)
from chronik_perf.stats import (
    PILOT_BLOCKS,
    Family,
    Nested,
    best_pairs,
    least_blocks,
    margin_of,
    nested,
    slice_log_ratios,
    undivided,
)
from chronik_perf.stats.profile_diff.significance import LEAST_STARTS

# A word takes a least number of blocks however large the effect; one more, since one may be lost.
SPARE_BLOCKS = 1
# Blocks do not all take the same time.
BLOCK_SLACK = 0.9


def next_pairs(
    comparison: Comparison,
    verdict: Verdict,
    block_seconds: Sequence[float],
    left_s: float | None,
    least: int,
) -> Mapping[str, int]:
    """Give, by workload, how many pairs of slices the next block should have; empty where the plan knows no better.

    `left_s` is what `seconds_left` gives, `least` the fewest pairs of a block. The plan depends on earlier blocks
    alone, so the bets on the next one stay fair.
    """
    if len(comparison.kept_blocks) < PILOT_BLOCKS or not block_seconds:
        return {}
    pair_s = {w.name: _pair_seconds(comparison, w) for w in comparison.workloads}
    blocks = comparison.blocks[-len(block_seconds) :]
    bare = [
        seconds - sum(pair_s[name] * _pairs(block, name) for name in pair_s)
        for block, seconds in zip(blocks, block_seconds, strict=True)
    ]
    bare_s = max(0.5, float(np.median(bare)))
    first = {name: max(least, _pairs(comparison.blocks[0], name)) for name in pair_s}
    pairs = dict(first)
    planned: set[str] = set()
    for workload in comparison.workloads:
        rows = [
            r
            for r in verdict.rows
            if r.workload == workload.name and r.role == "gate" and r.word == "inconclusive"
        ]
        noise = [n for n in (_noise(comparison, workload, r) for r in rows) if n is not None]
        if noise and pair_s[workload.name] > 0:
            share_s = bare_s / len(comparison.workloads)
            pairs[workload.name] = best_pairs(noise, pair_s[workload.name], share_s, least, MOST)
            planned.add(workload.name)
    if left_s is not None:
        family = Family.of(comparison.design, comparison.workloads)
        # Long blocks are worth nothing where the time ends before there are enough of them for any word.
        due = max(1, least_blocks(family.one_way) + SPARE_BLOCKS - len(comparison.kept_blocks))
        pairs = fitting(pairs, pair_s, (left_s / due - bare_s) * BLOCK_SLACK, least)
        planned |= {name for name in pairs if pairs[name] < first[name]}
    return {name: count for name, count in pairs.items() if name in planned}


def fitting(
    pairs: Mapping[str, int], pair_s: Mapping[str, float], most_s: float, least: int
) -> dict[str, int]:
    """Take pairs away, from the workload that spends most on them first, until all fit into `most_s` or are `least`."""
    fitted = dict(pairs)
    while sum(fitted[name] * pair_s[name] for name in fitted) > most_s:
        longer = [name for name in fitted if fitted[name] > least]
        if not longer:
            break
        fitted[max(longer, key=lambda name: fitted[name] * pair_s[name])] -= 1
    return fitted


def seconds_left(comparison: Comparison, gone_s: float, spend: Budget, profiles: bool) -> float | None:
    """Give the seconds that blocks may still take, what comes after them taken off; None where no time bounds them.

    That is one start for the series, or with profiles as many as it takes to tell a change: a run that is decided early
    has time for more, and one that is not needs blocks. A profile whose length somebody has asked for is kept whole.
    """
    if comparison.design.budget_s is None:
        return None
    whole = comparison.design.cpu_profile_s is not None
    starts = spend.profile_starts if whole else min(LEAST_STARTS, spend.profile_starts)
    starts = starts if profiles else 1
    evidence_s = evidence_seconds(comparison, spend, starts, profiles)
    return comparison.design.budget_s - gone_s - CLOSING_S - evidence_s


def seconds_for_blocks(
    comparison: Comparison, verdict: Verdict, gone_s: float, spend: Budget, profiles: bool
) -> float | None:
    """Give the same, with nothing taken off for evidence while no word could be said yet: it would explain nothing.

    What is counted, such as messages that are lost, has its word after the first block.
    """
    family = Family.of(comparison.design, comparison.workloads)
    worded = any(row.counts for row in verdict.rows)
    enough = worded or len(comparison.kept_blocks) >= least_blocks(family.one_way)
    if comparison.design.budget_s is None or enough:
        return seconds_left(comparison, gone_s, spend, profiles)
    return comparison.design.budget_s - gone_s - CLOSING_S


def affordable(comparison: Comparison, block_seconds: Sequence[float], left_s: float | None) -> int:
    """Give how many more blocks fit into the design and into the time that is left for them."""
    left = comparison.design.blocks - len(block_seconds)
    if left_s is None:
        return left
    return max(0, min(left, math.floor(left_s / max(0.1, max(block_seconds[-3:])))))


def _noise(comparison: Comparison, workload: Workload, row: MetricVerdict) -> tuple[Nested, float] | None:
    of = metric(row.metric)
    if row.effect is None or row.threshold is None or of.scale != "ratio":
        return None
    ratios = slice_log_ratios(comparison, of, workload.name)
    # Blocks of one pair tell only the sum of both levels. Taken for the slices' own it asks for more pairs where noise
    # is what costs the time, and those then tell the levels apart.
    found = nested(ratios) or undivided(ratios)
    if found is None:
        return None
    margin = margin_of(of, row.threshold)
    distance = abs(abs(math.log1p(row.effect.estimate)) - margin)
    # An estimate of few blocks near the threshold is noise; planning for half a margin is planning for what matters.
    return found, max(distance, margin / 2)


def _pairs(block: Block, workload: str) -> int:
    return sum(1 for _ in block.base.gate_slices(workload))


def _pair_seconds(comparison: Comparison, workload: Workload) -> float:
    """Give the median time that a pair of slices takes, from the first send to the last acknowledgement of a block.

    Not from send to send: with one pair that would hold only the side that came first.
    """
    each_s: list[float] = []
    for block in comparison.kept_blocks:
        loads = [s.load for side in SIDES for s in block.side(side).gate_slices(workload.name)]
        if block.interleaved and loads:
            took_ns = max(w.last_ack_ns for w in loads) - min(w.first_send_ns for w in loads)
            each_s.append(2 * took_ns / 1e9 / len(loads))
    return float(np.median(each_s)) if each_s else 0.0
