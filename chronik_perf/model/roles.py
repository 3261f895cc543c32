"""Which metric a name means, and what it decides for a workload."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model.metrics import METRICS, Metric
from chronik_perf.model.own import own_metric_of
from chronik_perf.model.verdict import Role
from chronik_perf.model.workload import Workload


def metric(name: str) -> Metric:
    """Give the metric of that name; KeyError where there is none."""
    for candidate in METRICS:
        if candidate.name == name:
            return candidate
    return own_metric_of(name)


def role(metric: Metric, workload: Workload) -> Role | None:
    """Say what a metric decides for a workload; None where it means nothing there.

    Gates must be decided. Watches raise an alarm when they have regressed. The rest is evidence: CPU per
    message through librdkafka is, since its batches vary in size (10 % noise), and p50 in a closed loop is,
    since it restates throughput.
    """
    raw = workload.driver == "wire"
    match metric.name:
        case "throughput":
            return "watch" if workload.acks == 0 else "gate"
        case "cpu_per_message":
            return "gate" if raw else "evidence"
        case "p99":
            return None if workload.acks == 0 else "watch"
        case "p50":
            return None if workload.acks == 0 else "evidence"
        case "early_acks":
            return None if workload.acks == 0 else "watch"
        case "rss_growth":
            return "watch" if raw else "evidence"
        case "unstored":
            return "watch"
        case _:
            return "evidence"


def judged(workloads: tuple[Workload, ...]) -> Iterator[tuple[Metric, Workload, Role]]:
    """Give every metric that means something, for each workload, gates first."""
    order = {"gate": 0, "watch": 1, "evidence": 2}
    rows = [(m, w, r) for w in workloads for m in METRICS if (r := role(m, w)) is not None]
    yield from sorted(rows, key=lambda row: order[row[2]])
