"""Whether a broker's own metric changed its unit between the sides: a histogram off by 10^6 is no regression.

Told from outside: a stage of a produce, or the sync it waits for, cannot take a thousand times as long while the median
response time stays. Told and judged by no test; the limits are judgements.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence

from chronik_perf.model import Comparison, Metric
from chronik_perf.model.metrics import P50, STAGE_METRICS, SYNC_MS
from chronik_perf.stats import words
from chronik_perf.stats.gather import name_of, pairs_of

# Those between units of time; 1,024 is too near to 1,000 to be told from it.
FACTORS: tuple[tuple[float, str], ...] = ((60.0, "60"), (1e3, "1,000"), (1e6, "10^6"), (1e9, "10^9"))
TOLERANCE = 0.15
NEAR = math.log(1 + TOLERANCE)
"""How far the typical ratio may lie from a factor: what changed its unit may have changed a little, too."""
LEAST_BLOCKS, MOST_SPREAD = 3, 0.25
"""A change of unit is the same in every block: an SD of log ratios as two starts of one version have it."""
UNEXPLAINED = 3.0
"""A change that is so many times what the median response time changed by did not happen to the messages."""

TIMES: tuple[Metric, ...] = (SYNC_MS, *STAGE_METRICS)


def unit_of_change(
    told: Sequence[tuple[float, float]],
    response: Sequence[tuple[float, float]],
    factors: Sequence[tuple[float, str]] = FACTORS,
    is_time: bool = True,
) -> tuple[float, str] | None:
    """Give the factor, and its name, by which the unit of a time seems to differ; None where none does.

    Takes (base, candidate) of each block: what the broker tells, and the median response time from outside, both ms.
    What is no time is held against the response time's ratio alone. The factor is below 1 where the candidate's values
    are the smaller ones.
    """
    if len(told) < LEAST_BLOCKS or not response or any(b <= 0 or c <= 0 for b, c in (*told, *response)):
        return None
    ratios = [math.log(c / b) for b, c in told]
    usual = statistics.median(ratios)
    factor, name = min(factors, key=lambda f: abs(abs(usual) - math.log(f[0])))
    if abs(abs(usual) - math.log(factor)) > NEAR or statistics.stdev(ratios) > MOST_SPREAD:
        return None
    moved_ms, outside_ms = (abs(statistics.median(c - b for b, c in pairs)) for pairs in (told, response))
    outside = abs(statistics.median(math.log(c / b) for b, c in response))
    explained = is_time and moved_ms <= UNEXPLAINED * outside_ms
    if explained or outside > abs(usual) / UNEXPLAINED:
        return None
    return (factor if usual > 0 else 1 / factor), name


def changed_units(comparison: Comparison) -> Iterator[str]:
    """Say which of the broker's times seem to have another unit on one side, those of one factor in one sentence."""
    found: dict[tuple[float, str], dict[str, str]] = {}
    response: dict[str, str] = {}
    for workload in comparison.workloads:
        outside = pairs_of(comparison, P50, workload.name).values
        for metric in TIMES:
            told = pairs_of(comparison, metric, workload.name).values
            change = unit_of_change(told, outside)
            if change is not None:
                shown = f"{metric.title} ({from_to(told)} ms with {workload.title})"
                found.setdefault(change, {}).setdefault(metric.name, shown)
                response.setdefault(change[1], f"{from_to(outside, ' to ')} ms with {workload.title}")
    for change, metrics in found.items():
        name = change[1]
        yield (
            f"By the metrics of {name_of(comparison, 'candidate')} these are {times(*change)} what they are by those "
            f"of {name_of(comparison, 'base')}, in every block alike: {'; '.join(metrics.values())}. The median "
            f"response time went from {response[name]}, so that looks like a change of unit, not of behaviour."
        )


def has_changed_units(comparison: Comparison, workload: str, metrics: Sequence[Metric]) -> bool:
    """Tell whether any of these times seems to have another unit on one side."""
    outside = pairs_of(comparison, P50, workload).values
    return any(unit_of_change(pairs_of(comparison, m, workload).values, outside) is not None for m in metrics)


def times(factor: float, name: str) -> str:
    """Say a factor, to be followed by what it is of."""
    return f"{name} times" if factor > 1 else f"a {name}th of"


def from_to(pairs: Sequence[tuple[float, float]], between: str = " → ") -> str:
    """Give the typical values of both sides, without their unit."""
    base, candidate = (words.number(statistics.median(side)) for side in zip(*pairs, strict=True))
    return f"{base}{between}{candidate}"
