"""What changed in how the broker works: the stage in which a batch's time went, commits, syncs, tasks, own metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chronik_perf.model import Effect, Unavailable, is_own, metric
from chronik_perf.report.telling import figures
from chronik_perf.report.telling.case import Case
from chronik_perf.report.telling.clause import Clause
from chronik_perf.stats import series_account, stage_account, words

MOST_OWN = 3  # metrics of the user's own broker in one sentence


def how_it_works_now(case: Case) -> Iterator[Clause]:
    """Say which stage grew most (where things got better, shrank most), and what else the broker does otherwise."""
    yield from _stage(case)
    for name, say in _SAID.items():
        if (effect := case.change(name)) is not None:
            yield Clause(say(effect), figures.per_block(name, case.workload.name))
    own = [
        (effect.p, name, effect) for name in case.changed if is_own(name) and (effect := case.change(name))
    ]
    for _, name, effect in sorted(own, key=lambda one: one[:2])[:MOST_OWN]:
        yield Clause(
            f"{metric(name).title} is {words.number(effect.candidate)} instead of {words.number(effect.base)}",
            figures.per_block(name, case.workload.name),
        )


def what_piles_up(case: Case) -> Iterator[Clause]:
    """Say of tasks that pile up while the load runs, where the blocks say that more of them are spawned.

    The series is of one start a side, so it only shows what the blocks have proven.
    """
    spawned = case.change("tasks_per_batch")
    if not case.worse or spawned is None or spawned.estimate < 0:
        return
    account = series_account(case.comparison, case.workload.name, "tasks_alive")
    base, candidate = account["base"], account["candidate"]
    if isinstance(base, Unavailable) or isinstance(candidate, Unavailable):
        return
    if isinstance(base.slope, Unavailable) or isinstance(candidate.slope, Unavailable):
        return
    risen = candidate.slope.rises and candidate.last > candidate.first
    if risen and candidate.slope.low > base.slope.high:
        yield Clause(words.inside(candidate.sentence), figures.over_time("tasks_alive", case.workload.name))


def _stage(case: Case) -> Iterator[Clause]:
    account = stage_account(case.comparison, case.verdict, case.workload.name)
    if isinstance(account, Unavailable):
        return
    way = 1 if case.worse else -1
    told = [
        s for s in account.stages if s.growth_ms * way > 0 and case.change(f"stage_{s.stage}") is not None
    ]
    if told:
        most = max(told, key=lambda s: s.growth_ms * way)
        yield Clause(words.inside(most.said), figures.stages(case.workload.name))


def _commits(effect: Effect) -> str:
    return (
        f"a commit holds {_counted(effect.candidate, 'batch', 'batches')} instead of {_number(effect.base)}"
    )


def _tasks(effect: Effect) -> str:
    is_one = words.number(effect.candidate) == "1"
    return (
        f"{_counted(effect.candidate, 'task', 'tasks')} {'is' if is_one else 'are'} spawned per batch instead of "
        f"{_number(effect.base)}"
    )


def _syncs(effect: Effect) -> str:
    return f"a sync takes {words.quantity(effect.candidate, 'ms')} instead of {words.quantity(effect.base, 'ms')}"


def _memory(effect: Effect) -> str:
    return (
        f"memory grows by {words.quantity(effect.candidate, 'B')} per stored message instead of "
        f"{words.quantity(effect.base, 'B')}"
    )


def _counted(value: float, one: str, many: str) -> str:
    shown = words.number(value)
    return f"{'no' if shown == '0' else shown} {one if shown == '1' else many}"


def _number(value: float) -> str:
    shown = words.number(value)
    return "none" if shown == "0" else shown


_SAID: dict[str, Callable[[Effect], str]] = {
    "batches_per_commit": _commits,
    "tasks_per_batch": _tasks,
    "sync_time": _syncs,
    "rss_growth": _memory,
}
