"""Whether a loss is work or waiting, and the function that the work is in."""

from __future__ import annotations

import math
from collections.abc import Iterator

from chronik_perf.model import Unavailable
from chronik_perf.report.telling import figures
from chronik_perf.report.telling.case import Case
from chronik_perf.report.telling.clause import Clause
from chronik_perf.stats import loss_account, words
from chronik_perf.stats.accounts.stages import EXPLAINS_LITTLE, EXPLAINS_MOST, sure_to_be_work
from chronik_perf.stats.causes.culprits import KEPT
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.profile_diff import (
    blocking,
    difference_of,
    grown,
    only_there,
    shrunk,
)

MOST_NAMES = 3


def work_or_wait(case: Case) -> Iterator[Clause]:
    """Say how much of the added time per message is CPU, as far as the intervals of both are sure of it.

    Where that is little the loss is waiting: what grew there did not cost what was lost, and a function is named only
    if the thread that does the work waits in it. Of memory that is kept and messages that are lost no cost tells: there
    what only the candidate was seen in is named.
    """
    if case.worse and {row.metric for row in case.moved if row.word == "regressed"} <= KEPT:
        yield from _only_there(case)
        return
    low, high = share_of_cpu(case)
    figure = _figure_of_cpu(case)
    if high <= EXPLAINS_LITTLE:
        most = max(1, math.ceil(100 * high))
        yield Clause(
            f"CPU per message grew by at most {most} % of the time that was added: the rest is waiting",
            figure,
        )
        yield from _blocked(case)
        return
    blocked = () if sure_to_be_work(case.verdict, case.workload.name) else tuple(_blocked(case))
    if low > 1:
        yield Clause(
            "CPU per message grew by more than the time did: some of it is used on other cores or after the load",
            figure,
        )
    elif low >= EXPLAINS_MOST:
        yield Clause(
            f"CPU per message grew by at least {math.floor(100 * low)} % of the time that was added", figure
        )
    yield from blocked or _function(case)


def _only_there(case: Case) -> Iterator[Clause]:
    names = list(dict.fromkeys(one.name for one in only_there(case.cpu))) if case.cpu is not None else []
    if names:
        more = f", and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        yield Clause(
            f"no time tells where it comes from; what only {name_of(case.comparison, 'candidate')} was ever seen in is "
            f"{' and '.join(names[:MOST_NAMES])}{more}",
            figures.functions("cpu", case.workload.name),
        )


def _blocked(case: Case) -> Iterator[Clause]:
    """Name the new call in which the thread that does the work waits: it holds up every stage."""
    wall = difference_of(case.comparison, case.workload.name, "wall")
    if not case.worse or case.cpu is None or wall is None:
        return
    for one in blocking(case.cpu, wall)[:1]:
        yield Clause(
            f"the thread {one.thread} now waits in {one.call.name} for {words.percent(one.share, 0)} of its time, a "
            "call that it did not make before",
            figures.functions("wall", case.workload.name),
        )


def share_of_cpu(case: Case) -> tuple[float, float]:
    """Bound the part of a loss that is CPU, 1 being all of it; without a loss, or without CPU, nothing is known."""
    account = loss_account(case.verdict, case.workload.name)
    if isinstance(account, Unavailable) or account.share_bounds is None:
        return -math.inf, math.inf
    return account.share_bounds


def _function(case: Case) -> Iterator[Clause]:
    """Name what grew most (where things got better, what shrank most) by a significant change.

    A call that is new counts with all that it calls, any other function by itself.
    """
    if case.cpu is None:
        return
    told = grown(case.cpu) if case.worse else shrunk(case.cpu)
    most = next((one for one in told if one.interval_us is not None), None)
    if most is None or most.interval_us is None:
        return
    us, (low, high) = abs(most.us), sorted(map(abs, most.interval_us))
    yield Clause(
        f"the function that {'grew' if case.worse else 'shrank'} most is {most.name}"
        f"{' with all that it calls' if most.whole else ''}, by {words.microseconds(us, low, high)} "
        f"({words.microseconds(low, high, us)} to {words.microseconds(high, low, us)}) of CPU per 1,000 stored "
        "messages",
        figures.functions("cpu", case.workload.name),
    )


def _figure_of_cpu(case: Case) -> str:
    row = case.verdict.row("cpu_per_message", case.workload.name)
    gates = row is not None and row.role != "evidence"
    return (figures.decided if gates else figures.per_block)("cpu_per_message", case.workload.name)
