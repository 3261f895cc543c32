"""Which metrics of the users' own brokers a comparison shows: evidence, whatever they do."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model import SIDES, Comparison, Metric, OwnMetric, Unavailable, own_metric


def own_metrics(comparison: Comparison) -> tuple[Metric, ...]:
    """Give the metrics that the perf.toml of either side names, each once, as what the brokers' pages call them."""
    names = dict.fromkeys(name for side in SIDES for name in comparison.target(side).interesting)
    return tuple(_named(comparison, name) for name in names)


def _named(comparison: Comparison, name: str) -> Metric:
    found = list(_readings(comparison, name))
    # What could not be read was called so by its name alone.
    read = [one for one in found if not isinstance(one.value, Unavailable)]
    return own_metric((read or found)[0].kind if found else "gauge", name)


def _readings(comparison: Comparison, name: str) -> Iterator[OwnMetric]:
    for block in comparison.kept_blocks:
        for side in SIDES:
            for one in block.side(side).slices:
                if name in one.own:
                    yield one.own[name]
