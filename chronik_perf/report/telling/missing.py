"""What could not be told of the workloads that moved, each once, with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chronik_perf.model import Unavailable
from chronik_perf.report.telling.case import Case
from chronik_perf.report.telling.cost import share_of_cpu
from chronik_perf.stats import loss_account, stage_account, words
from chronik_perf.stats.accounts.stages import EXPLAINS_LITTLE
from chronik_perf.stats.profile_diff.significance import LEAST_STARTS

# What time or CPU is lost for; a message that is not stored has no stage to look for.
_COSTS = ("throughput", "p99", "cpu_per_message")


def unavailable(cases: Sequence[Case]) -> tuple[str, ...]:
    """Give a sentence for each thing and reason, whatever number of workloads it holds for."""
    return tuple(
        dict.fromkeys(
            f"Unavailable: {what} ({words.inside(reason)})." for case in cases for what, reason in _of(case)
        )
    )


def _of(case: Case) -> Iterator[tuple[str, str]]:
    name = case.workload.name
    if not any(row.metric in _COSTS for row in case.moved):
        return
    stages = stage_account(case.comparison, case.verdict, name)
    if isinstance(stages, Unavailable):
        yield "the stage that a batch's time went to", stages.reason
    cpu = loss_account(case.verdict, name)
    if isinstance(cpu, Unavailable):
        yield "whether what changed is work or waiting", cpu.reason
    if share_of_cpu(case)[1] <= EXPLAINS_LITTLE:
        return  # of waiting no function would be named
    for one in case.comparison.missing_profiles:
        if (one.workload, one.kind) == (name, "cpu"):
            yield "the function that CPU went to", one.reason
    if case.cpu is not None and case.cpu.root.interval_us is None:
        yield (
            "the function that CPU went to",
            f"it takes profiles of {LEAST_STARTS} starts a side, with samples enough, to tell a change from what "
            "starts differ by",
        )
