"""What got worse without a word of its own: evidence, drifts within a start, modes, probes, what a broker holds."""

from __future__ import annotations

from chronik_perf.model import Comparison, Verdict, metric
from chronik_perf.stats.accounts.held import held
from chronik_perf.stats.causes.discovered import discovered
from chronik_perf.stats.drift.findings import THROUGHPUT, drifts
from chronik_perf.stats.modes.slow_starts import oftener_slow
from chronik_perf.stats.probes.changes import probe_changes

_METRIC_OF = {"rss": "rss_growth"}


def worse(comparison: Comparison, verdict: Verdict) -> tuple[str, ...]:
    """Name each, once, by its metric or, where it has none, by what it is: "modes" that come more often, "threads".

    Evidence is told from noise with a false discovery rate of 5 %; drifts, modes, probes, and what a broker holds, err
    in 1 % each.
    """
    told = discovered(verdict)
    names = [
        row.metric
        for row in verdict.rows
        if (row.metric, row.workload) in told
        and row.effect is not None
        and (row.effect.estimate > 0) == (metric(row.metric).better == "lower")
    ]
    for workload in comparison.workloads:
        for value, found in drifts(comparison, workload):
            if found.proven and (found.difference > 0) != (value is THROUGHPUT):
                names.append(_METRIC_OF.get(value.name, value.name))
    names += ["modes" for _ in oftener_slow(comparison)]
    names += [change.of.name for change in probe_changes(comparison) if change.worse]
    names += [one.kind for one in held(comparison) if one.effect.estimate > 0]
    return tuple(dict.fromkeys(names))
