"""What is named first as the cause, by the rules of `stats.causes.culprits`; `perf explain` puts it to the test."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model import Comparison, Verdict
from chronik_perf.report.telling import figures
from chronik_perf.report.telling.clause import Clause
from chronik_perf.stats import words
from chronik_perf.stats.causes.culprits import Culprit, culprits

_WHEN = {
    "asked": "while it is asked what no load asks",
    "connected": "while connections come and go",
    "restarted": "while it starts again",
    "stopped": "while it stops",
}


def likeliest_cause(comparison: Comparison, verdict: Verdict) -> Iterator[Clause]:
    """Name one stage or function; nothing where none can be told, or where an experiment has told which setting."""
    if any(cause.answer in ("most", "part") for cause in comparison.causes):
        return
    for one in culprits(comparison, verdict)[:1]:
        when = _WHEN.get(one.workload, f"under {one.workload}")
        yield Clause(
            f"{_stage(one) if one.kind == 'stage' else f'the function {one.name}'}, {when}", _figure(one)
        )


def _stage(one: Culprit) -> str:
    longer = "longer" if one.growth > 0 else "shorter"
    took = words.quantity(abs(one.growth), "ms")
    return f"the stage {one.name.replace('_', ' ')} of a produce, {took} {longer}"


def _figure(one: Culprit) -> str:
    if one.workload in _WHEN:
        return figures.asked()
    return figures.stages(one.workload) if one.kind == "stage" else figures.functions("cpu", one.workload)
