"""Whether a metric of a user's own broker changed its unit between the sides: its page tells nobody that it did.

Looked at are what perf.toml names, and the counters and histograms whose names say a unit. Of a histogram the mean
counts, as how often something happens has no unit. Judged by no test, as in `units`, and in words that leave room for
behaviour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from chronik_perf.model import Comparison, Start, known, ms_of_unit, unit_in_name
from chronik_perf.model.metrics import P50
from chronik_perf.stats.gather import name_of, pairs_of
from chronik_perf.stats.own.units import FACTORS, TOLERANCE, from_to, times, unit_of_change

THOUSANDS = tuple(f for f in FACTORS if f[0] >= 1e3)
_SHOWN = 5
_TIME, _OTHER = "time", "other"


def changed_own_units(comparison: Comparison) -> Iterator[str]:
    """Say which of the broker's own metrics seem to have another unit on one side, a factor a sentence."""
    found: dict[tuple[float, str, str], dict[str, str]] = {}
    response: dict[tuple[float, str, str], str] = {}
    for workload in comparison.workloads:
        outside = pairs_of(comparison, P50, workload.name).values
        for name in _names(comparison, workload.name):
            pairs = _pairs(comparison, workload.name, name)
            ms = ms_of_unit(unit_in_name(name))
            told = [(b * (ms or 1.0), c * (ms or 1.0)) for b, c in pairs]
            change = unit_of_change(told, outside, THOUSANDS, is_time=ms is not None)
            if change is not None:
                shown = f"{name} ({from_to(pairs)} with {workload.title})"
                kind = _OTHER if ms is None else _TIME
                found.setdefault((*change, kind), {}).setdefault(name, shown)
                response.setdefault((*change, kind), f"{from_to(outside, ' to ')} ms with {workload.title}")
    for (factor, name, kind), metrics in found.items():
        listed = list(metrics.values())
        more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
        ending = (
            "so that looks like a change of unit, not of behaviour."
            if kind == _TIME
            else "so that may be a change of unit, or of behaviour that costs no time."
        )
        yield (
            f"Metrics of {name_of(comparison, 'candidate')} are, within {TOLERANCE * 100:.0f} % and in every block, "
            f"{times(factor, name)} what they are of {name_of(comparison, 'base')}: "
            f"{'; '.join(listed[:_SHOWN])}{more}. "
            f"The median response time went from {response[factor, name, kind]}, {ending}"
        )


def _names(comparison: Comparison, workload: str) -> list[str]:
    names = dict.fromkeys(
        name
        for block in comparison.kept_blocks
        for start in (block.base, block.candidate)
        for one in start.gate_slices(workload)
        for name in one.own
    )
    return [name for name in names if not name.endswith("_count")]


def _pairs(comparison: Comparison, workload: str, name: str) -> Sequence[tuple[float, float]]:
    values = [
        (_value(b.base, workload, name), _value(b.candidate, workload, name)) for b in comparison.kept_blocks
    ]
    return [(base, candidate) for base, candidate in values if base is not None and candidate is not None]


def _value(start: Start, workload: str, name: str) -> float | None:
    """Give the mean of a histogram, a counter per stored message, or a gauge as it stands; None where there is none."""
    slices = list(start.gate_slices(workload))
    gained = _sum_of(start, workload, name)
    if gained is None:
        return None
    if slices[0].own[name].kind == "gauge":
        return gained / len(slices)
    count = _sum_of(start, workload, f"{name.removesuffix('_sum')}_count") if name.endswith("_sum") else None
    each = sum(s.load.stored for s in slices) if count is None else count
    return gained / each if each else None


def _sum_of(start: Start, workload: str, name: str) -> float | None:
    values = [known(s.own[name].value) if name in s.own else None for s in start.gate_slices(workload)]
    there = [value for value in values if value is not None]
    return math.fsum(there) if there and len(there) == len(values) else None
