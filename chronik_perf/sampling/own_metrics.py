"""Metrics that a broker's own perf.toml names: read from a Prometheus page, and what a slice made of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from chronik_perf.model import OwnKind, OwnMetric, Unavailable, unit_in_name

# What a page calls its families, by whether their samples only ever grow. A summary's quantiles and a histogram's
# buckets are samples too, of which the sum means nothing; _sum and _count are named on their own.
_COUNTS = frozenset({"counter", "histogram", "summary"})
_MOST_WITH_UNITS = 20
_ENDINGS = ("_total", "_sum", "_count", "_bucket")


def read_own(text: str, names: Collection[str]) -> dict[str, OwnMetric]:
    """Read those metrics from a page, series of one name summed. Raises ValueError for what is no Prometheus text."""
    types: dict[str, str] = {}
    sums: dict[str, float] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, family, *rest = line.split()
            types[family] = rest[0] if rest else ""
        if line.startswith("#"):
            continue
        name = line.partition("{")[0].partition(" ")[0]
        if name in names:
            end = line.rfind("}") + 1 or line.index(" ")
            sums[name] = sums.get(name, 0.0) + float(line[end:].split()[0])
    found: dict[str, OwnMetric] = {}
    for name in names:
        kind = _kind(name, types)
        if name not in sums:
            found[name] = OwnMetric(kind, Unavailable(f"the broker's metrics do not have {name}"))
        elif not math.isfinite(sums[name]):
            found[name] = OwnMetric(kind, Unavailable(f"{name} is no finite number"))
        else:
            found[name] = OwnMetric(kind, sums[name])
    return found


def names_with_units(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Give names of a page's counters and histograms that say a unit, the first ones, each sum with its count.

    Those that are `known` are left out: what is made of them is looked at elsewhere.
    """
    lines = text.splitlines()
    said = [line.split() for line in lines if line.startswith("# TYPE ")]
    types = {words[2]: words[3] for words in said if len(words) > 3}
    names = dict.fromkeys(line.partition("{")[0].partition(" ")[0] for line in lines if line[:1] != "#")
    found = [n for n in names if unit_in_name(n) and n not in known and _kind(n, types) == "counter"]
    counts = [f"{n.removesuffix('_sum')}_count" for n in found[:_MOST_WITH_UNITS] if n.endswith("_sum")]
    return (*found[:_MOST_WITH_UNITS], *(n for n in counts if n in names))


def none_of_own(names: Sequence[str], why: str) -> dict[str, OwnMetric]:
    """Give all of them as unavailable."""
    return {name: OwnMetric(_kind(name, {}), Unavailable(why)) for name in names}


def over_slice(before: Mapping[str, OwnMetric], after: Mapping[str, OwnMetric]) -> dict[str, OwnMetric]:
    """Give what counters gained between two readings, and gauges as they stand at the second."""
    absent = Unavailable("its name was not there")
    return {
        name: _over(name, before.get(name, OwnMetric(one.kind, absent)), one) for name, one in after.items()
    }


def _over(name: str, before: OwnMetric, after: OwnMetric) -> OwnMetric:
    if after.kind == "gauge" or isinstance(after.value, Unavailable):
        return after
    if isinstance(before.value, Unavailable):
        # A client library may show a counter only once it has counted.
        return OwnMetric(after.kind, Unavailable(f"before the slice {before.value.reason}"))
    if after.value < before.value:
        return OwnMetric(after.kind, Unavailable(f"{name} went back, which no counter does"))
    return OwnMetric(after.kind, after.value - before.value)


def _kind(name: str, types: Mapping[str, str]) -> OwnKind:
    """Go by the page's own word, of the sample's name or of its family's; where it has none, by the name's ending."""
    ending = next((e for e in _ENDINGS if name.endswith(e)), "")
    said = types.get(name) or (types.get(name.removesuffix(ending)) if ending else None)
    if said is None or said in ("untyped", "unknown"):
        return "counter" if ending else "gauge"
    return "counter" if said in _COUNTS and (ending or said == "counter") else "gauge"
