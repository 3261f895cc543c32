"""What is named first as the cause of a regression, by the rules of `stats.causes.culprits`."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model import ASKED, Comparison, MetricVerdict, Verdict
from chronik_perf.report.telling import figures
from chronik_perf.report.telling.clause import Clause
from chronik_perf.stats import words
from chronik_perf.stats.causes.culprits import Culprit, behind_regressions


def likeliest_cause(comparison: Comparison, verdict: Verdict) -> Iterator[Clause]:
    """Name one stage or function behind what regressed; nothing where none can be told, and where nothing did.

    What an experiment has told most of, is told by that.
    """
    one = _likeliest(comparison, verdict)
    if one is not None:
        yield _clause(one, verdict)


def cause_beside(comparison: Comparison, verdict: Verdict) -> dict[tuple[str, str], str]:
    """Give the sentence that names the cause, by metric and workload of the row that it belongs to; none without one.

    It is for what tells each row apart from the others. A cause belongs to the first loss of its workload, and to no
    second one: a reader of five messages would take five causes for five faults.
    """
    one = _likeliest(comparison, verdict)
    if one is None:
        return {}
    first = next((row for row in verdict.rows if row.counts and row.workload == one.workload), None)
    row = _lost_cpu(verdict) if one.workload == ASKED else first
    return {(row.metric, row.workload): f"Likeliest cause: {_clause(one, verdict).text}."} if row else {}


def _likeliest(comparison: Comparison, verdict: Verdict) -> Culprit | None:
    told = {cause.workload for cause in comparison.causes if cause.answer == "most"}
    return next((one for one in behind_regressions(comparison, verdict) if one.workload not in told), None)


def _clause(one: Culprit, verdict: Verdict) -> Clause:
    return _stage(one) if one.kind == "stage" else _function(one, verdict)


def _lost_cpu(verdict: Verdict) -> MetricVerdict | None:
    return next((row for row in verdict.rows if row.metric == "cpu_per_message" and row.counts), None)


def _stage(one: Culprit) -> Clause:
    # What is acknowledged before its sync waits for less, and that is not what is wrong with it.
    longer = f", {words.quantity(one.growth, 'ms')} longer" if one.growth > 0 else ""
    name = one.name.replace("_", " ")
    return Clause(
        f"the stage {name} of a produce{longer}, under {one.workload}", figures.stages(one.workload)
    )


def _function(one: Culprit, verdict: Verdict) -> Clause:
    function = f"the function {one.name}{f' ({one.file})' if one.file else ''}"
    cpu = _lost_cpu(verdict)
    if one.workload == ASKED and cpu is not None:
        more = words.microseconds(one.growth * 1e3)
        return Clause(
            f"{function}, seen under load, and {more} of CPU more while a start was asked other things",
            figures.decided(cpu.metric, cpu.workload),
        )
    return Clause(
        f"{function}, under {one.workload}", figures.functions("wall" if one.waits else "cpu", one.workload)
    )
