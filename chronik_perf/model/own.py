"""Metrics of a user's own broker, which its perf.toml names: evidence beside the table of metrics, and never a gate."""

from __future__ import annotations

import math
import re

from chronik_perf.model.block import OwnKind, Start
from chronik_perf.model.measured import Measured, Unavailable
from chronik_perf.model.metrics import Metric

_PREFIX = "own"
_IN_NAME = re.compile(
    r"(?:^|_)(seconds|milliseconds|millis|ms|microseconds|micros|us|nanoseconds|nanos|ns|bytes)(?:_sum|_total|_max)?$"
)
_MS = {
    **dict.fromkeys(("milliseconds", "millis", "ms"), 1.0),
    **dict.fromkeys(("microseconds", "micros", "us"), 1e-3),
    **dict.fromkeys(("nanoseconds", "nanos", "ns"), 1e-6),
    "seconds": 1e3,
}


def unit_in_name(name: str) -> str:
    """Give the unit that the end of a Prometheus name says, as `seconds` or `bytes`; empty where it says none."""
    found = _IN_NAME.search(name)
    return found[1] if found else ""


def ms_of_unit(unit: str) -> float | None:
    """Give the milliseconds that one of such a unit has; None for what is no time."""
    return _MS.get(unit)


def own_metric(kind: OwnKind, name: str) -> Metric:
    """Give the metric for a Prometheus name: a counter per stored message, a gauge as it stands after a slice."""

    def take(start: Start, workload: str) -> Measured:
        slices = tuple(start.gate_slices(workload))
        values: list[float] = []
        for one in slices:
            found = one.own.get(name)
            if found is None:
                return Unavailable(f"[metrics] of its perf.toml does not name {name}")
            if isinstance(found.value, Unavailable):
                return found.value
            if found.kind != kind:
                return Unavailable(f"{name} is a {found.kind} there and a {kind} elsewhere")
            values.append(found.value)
        if not values:
            return Unavailable("no slice was measured")
        if kind == "gauge":
            return math.fsum(values) / len(values)
        stored = sum(s.load.stored for s in slices)
        return math.fsum(values) / stored if stored else Unavailable("nothing was stored")

    shown, unit = ("per stored message", "/msg") if kind == "counter" else ("after a slice", "")
    return Metric(
        f"{_PREFIX}:{kind}:{name}", f"metric {name} {shown}", unit, "lower", "difference", 0.0, take
    )


def own_metric_of(key: str) -> Metric:
    """Give the metric that `own_metric` named so; KeyError for a name that is not of its making."""
    prefix, _, rest = key.partition(":")
    kind, _, name = rest.partition(":")
    kinds: dict[str, OwnKind] = {"counter": "counter", "gauge": "gauge"}
    if prefix != _PREFIX or not name:
        raise KeyError(key)
    return own_metric(kinds[kind], name)


def is_own(key: str) -> bool:
    """Tell whether a metric's name is that of one of the user's own."""
    return key.startswith(f"{_PREFIX}:")
