"""The plan of the next block, from what the blocks so far cost and how noisy they were."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from chronik_perf.experiment.pilot import LEAST, MOST
from chronik_perf.experiment.plan import Budget
from chronik_perf.model import Comparison, MetricVerdict, Verdict, Workload, metric
from chronik_perf.stats import Nested, best_pairs, margin_of, nested, slice_log_ratios

# The first blocks are the pilot of the plan: too few to know a variance by, and short.
PILOT_BLOCKS = 4
# What the report and the last stop of the brokers take, beside the evidence.
CLOSING_S = 4.0


def next_pairs(comparison: Comparison, verdict: Verdict, block_seconds: Sequence[float]) -> Mapping[str, int]:
    """Give, by workload, how many pairs of slices the next block should have; empty where the plan knows no better.

    It depends on earlier blocks alone, so the bets on the next one stay fair.
    """
    if len(comparison.kept_blocks) < PILOT_BLOCKS or not block_seconds:
        return {}
    spent = {w.name: _pair_seconds(comparison, w) for w in comparison.workloads}
    counts = {w.name: _pairs_a_block(comparison, w) for w in comparison.workloads}
    slices_s = sum(spent[name] * counts[name] for name in spent)
    bare_s = max(0.5, float(np.median(block_seconds)) - slices_s) / len(comparison.workloads)
    planned: dict[str, int] = {}
    for workload in comparison.workloads:
        rows = [
            r
            for r in verdict.rows
            if r.workload == workload.name and r.role == "gate" and r.word == "inconclusive"
        ]
        noise = [n for n in (_noise(comparison, workload, r) for r in rows) if n is not None]
        if noise and spent[workload.name] > 0:
            planned[workload.name] = best_pairs(noise, spent[workload.name], bare_s, LEAST, MOST)
    return planned


def affordable(
    comparison: Comparison, block_seconds: Sequence[float], gone_s: float, spend: Budget, profiles: bool
) -> int:
    """Give how many more blocks fit into the design and into the time that is left for them."""
    left = comparison.design.blocks - len(block_seconds)
    if comparison.design.budget_s is None:
        return left
    windows_s = spend.series_s + 2 * spend.profile_s * profiles
    # Each window is followed by quiet and, with a profile, by the profiler's own start and end.
    closing_s = CLOSING_S + len(comparison.workloads) * 2 * (1.2 * windows_s + 0.4)
    left_s = comparison.design.budget_s - gone_s - closing_s
    return max(0, min(left, math.floor(left_s / max(0.1, max(block_seconds[-3:])))))


def _noise(comparison: Comparison, workload: Workload, row: MetricVerdict) -> tuple[Nested, float] | None:
    of = metric(row.metric)
    if row.effect is None or row.threshold is None or of.scale != "ratio":
        return None
    found = nested(slice_log_ratios(comparison, of, workload.name))
    if found is None:
        return None
    margin = margin_of(of, row.threshold)
    distance = abs(abs(math.log1p(row.effect.estimate)) - margin)
    # An estimate of few blocks near the threshold is noise; planning for half a margin is planning for what matters.
    return found, max(distance, margin / 2)


def _pairs_a_block(comparison: Comparison, workload: Workload) -> float:
    counts = [sum(1 for _ in b.base.gate_slices(workload.name)) for b in comparison.kept_blocks]
    return float(np.mean(counts))


def _pair_seconds(comparison: Comparison, workload: Workload) -> float:
    """Give the median time from one pair of slices to the next, all that lies between them included."""
    gaps: list[float] = []
    for block in comparison.kept_blocks:
        sends = sorted(
            s.load.first_send_ns
            for side in (block.base, block.candidate)
            for s in side.slices
            if s.workload == workload.name
        )
        if block.interleaved and len(sends) >= 4:
            gaps.append(2 * (sends[-1] - sends[0]) / 1e9 / (len(sends) - 1))
    return float(np.median(gaps)) if gaps else 0.0
