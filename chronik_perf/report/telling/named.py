"""What is named first as the cause of a regression, by the rules of `stats.causes.culprits`."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model import ASKED, Comparison, Verdict
from chronik_perf.report.telling import figures
from chronik_perf.report.telling.clause import Clause
from chronik_perf.stats import words
from chronik_perf.stats.causes.culprits import Culprit, behind_regressions


def likeliest_cause(comparison: Comparison, verdict: Verdict) -> Iterator[Clause]:
    """Name one stage or function behind what regressed; nothing where none can be told, and where nothing did.

    What an experiment has told most of, is told by that.
    """
    told = {cause.workload for cause in comparison.causes if cause.answer == "most"}
    for one in behind_regressions(comparison, verdict):
        if one.workload not in told:
            yield _stage(one) if one.kind == "stage" else _function(one, verdict)
            return


def _stage(one: Culprit) -> Clause:
    # What is acknowledged before its sync waits for less, and that is not what is wrong with it.
    longer = f", {words.quantity(one.growth, 'ms')} longer" if one.growth > 0 else ""
    name = one.name.replace("_", " ")
    return Clause(
        f"the stage {name} of a produce{longer}, under {one.workload}", figures.stages(one.workload)
    )


def _function(one: Culprit, verdict: Verdict) -> Clause:
    function = f"the function {one.name}{f' ({one.file})' if one.file else ''}"
    cpu = next((row for row in verdict.rows if row.metric == "cpu_per_message" and row.counts), None)
    if one.workload == ASKED and cpu is not None:
        more = words.microseconds(one.growth * 1e3)
        return Clause(
            f"{function}, seen under load, and {more} of CPU more while a start was asked other things",
            figures.decided(cpu.metric, cpu.workload),
        )
    return Clause(
        f"{function}, under {one.workload}", figures.functions("wall" if one.waits else "cpu", one.workload)
    )
