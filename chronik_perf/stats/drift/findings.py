"""What is said of drift within a start: who drifts away from whom, or from which slope on it would have been seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from chronik_perf.model import Comparison, Slice, Workload, known
from chronik_perf.stats import words
from chronik_perf.stats.drift.slopes import Drift, Pairs, drift
from chronik_perf.stats.gather import name_of

ERROR = 0.01  # of all values and workloads together
# From which decay a second on a run is told that it could not have seen less.
BLIND = 0.1


@dataclass(frozen=True, slots=True)
class Drifting:
    """One value that a slice has. `over_a_start` is a change over a start's load that matters, on its scale."""

    name: str
    title: str
    take: Callable[[Slice], float | None]
    scale: Literal["ratio", "difference"] = "ratio"
    over_a_start: float = 0.05


def _cpu_per_message(s: Slice) -> float | None:
    cpu = known(s.broker_cpu_s)
    return cpu / s.load.stored if cpu is not None and s.load.stored else None


THROUGHPUT = Drifting(
    "throughput", "throughput", lambda s: s.load.stored / s.load.window_s if s.load.window_s > 0 else None
)
DRIFTING: tuple[Drifting, ...] = (
    THROUGHPUT,
    Drifting("p99", "response time p99", lambda s: s.load.response.p99_ms if s.load.response else None),
    Drifting("cpu_per_message", "CPU per stored message", _cpu_per_message),
    Drifting("rss", "resident memory", lambda s: known(s.rss_after_bytes), "difference", 1e6),
)


def drifts(comparison: Comparison, workload: Workload) -> Iterator[tuple[Drifting, Drift]]:
    """Judge every value of a workload's gate slices that is there to be judged."""
    error = ERROR / (len(DRIFTING) * len(comparison.workloads))
    for value in DRIFTING:
        found = drift(_pairs(comparison, workload, value), error, value.over_a_start)
        if found is not None:
            yield value, found


def slope_findings(comparison: Comparison) -> Iterator[str]:
    """Say which values drift apart within a start."""
    for workload in comparison.workloads:
        for value, found in drifts(comparison, workload):
            if found.proven:
                yield _sentence(comparison, workload, value, found)


def unseen_drifts(comparison: Comparison) -> Iterator[str]:
    """Say what drift of throughput a short run could not have seen."""
    blind = [
        f"{_limit(found)} with {workload.title} ({words.count(found.blocks, 'start')} a side, "
        f"{found.load_s:.2g} s of load each)"
        for workload in comparison.workloads
        for value, found in drifts(comparison, workload)
        if value is THROUGHPUT and not found.proven and found.smallest_seen > BLIND
    ]
    if blind:
        yield (
            f"Had throughput drifted within a start, it could have been told {'; '.join(blind)}. A slower drift "
            "takes more load a start to be seen."
        )


def _limit(found: Drift) -> str:
    """Say the smallest drift that would have been told."""
    if not math.isfinite(found.smallest_seen):
        return "not at all"
    if found.smallest_seen > 1:
        return "only from more than 100 % a second on"
    return f"only from about {words.percent(found.smallest_seen, 0)} a second on"


def _sentence(comparison: Comparison, workload: Workload, value: Drifting, found: Drift) -> str:
    base, candidate = name_of(comparison, "base"), name_of(comparison, "candidate")
    difference, low, high = (_rate(value, x) for x in (found.difference, found.low, found.high))
    said = (
        f"While a start is loaded with {workload.title}, {value.title} of {candidate} {_moves(value, found.candidate)} "
        f"a second of load and that of {base} {_moves(value, found.base)}: they drift apart by {difference} a second "
        f"({low} to {high}, from {words.count(found.blocks, 'start')} of "
        f"{words.number(found.load_s)} s of load a side)"
    )
    if found.later_half == "settles":
        return f"{said}; most of that is gone in the later half of a start, as a warm-up that was not over would be."
    if found.later_half == "goes on":
        return f"{said}, and go on in the later half of a start: more load would show more of it."
    return f"{said}; whether it goes on in the later half of a start, as a leak would, is not clear yet."


def _moves(value: Drifting, slope: float) -> str:
    verb = "rises" if slope > 0 else "falls"
    return f"{verb} by {_rate(value, slope).lstrip('+−')}"


def _rate(value: Drifting, slope: float) -> str:
    if not math.isfinite(slope):
        return "an unknown amount"
    if value.scale == "ratio":
        return words.percent(math.expm1(slope), signed=True)
    return f"{'+' if slope > 0 else ''}{words.quantity(slope, 'B')}"


def _pairs(comparison: Comparison, workload: Workload, value: Drifting) -> list[Pairs]:
    """Take a value from the pairs of slices of every kept block, each against the load that came before it."""
    blocks: list[Pairs] = []
    for block in comparison.kept_blocks:
        rows: list[tuple[float, float, float]] = []
        before = [0.0, 0.0]
        for pair in zip(
            block.base.gate_slices(workload.name), block.candidate.gate_slices(workload.name), strict=False
        ):
            middles = [b + s.load.window_s / 2 for b, s in zip(before, pair, strict=True)]
            before = [b + s.load.window_s for b, s in zip(before, pair, strict=True)]
            x, y = (value.take(s) for s in pair)
            if x is None or y is None or (value.scale == "ratio" and (x <= 0 or y <= 0)):
                continue
            if value.scale == "ratio":
                x, y = math.log(x), math.log(y)
            rows.append((sum(middles) / 2, x, y))
        if rows:
            t, a, b = np.asarray(rows, dtype=float).T
            blocks.append(Pairs(t, a, b))
    return blocks
