"""What is to be named first as the cause of a regression: a stage of a produce, or a function, by rules.

A stage is named for waiting and a function for work. Which of the two comes first follows from whether CPU explains the
loss. What is acknowledged before its sync names the stage that was to wait for it, before all else; a new call comes
before the functions that its time is spent in. Nothing is named that cannot be told from noise, and nothing at all
where nothing has regressed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from chronik_perf.model import Comparison, Unavailable, Verdict
from chronik_perf.stats.account import EXPLAINS_MOST, loss_account, stage_account
from chronik_perf.stats.profile_diff import difference_of, grown, parted


@dataclass(frozen=True, slots=True)
class Culprit:
    """One cause: a stage by name, with its growth in ms per batch, or a bare function, with µs per message."""

    kind: Literal["stage", "frame"]
    name: str
    workload: str
    growth: float


def culprits(comparison: Comparison, verdict: Verdict) -> tuple[Culprit, ...]:
    """Give the causes of what regressed, the likeliest first, each once.

    Workloads come in the order in which the verdict tells of them.
    """
    regressed = dict.fromkeys(r.workload for r in verdict.rows if r.word == "regressed")
    found: dict[tuple[str, str], Culprit] = {}
    for one in _without_a_wait(verdict):
        found.setdefault((one.kind, one.name), one)
    for workload in regressed:
        stages, frames = list(_stages(comparison, verdict, workload)), list(_frames(comparison, workload))
        loss = loss_account(verdict, workload)
        by_work = isinstance(loss, Unavailable) or loss.share is None or loss.share >= EXPLAINS_MOST
        for one in (*frames, *stages) if by_work else (*stages, *frames):
            found.setdefault((one.kind, one.name), one)
    return tuple(found.values())


def _without_a_wait(verdict: Verdict) -> Iterator[Culprit]:
    for row in verdict.rows:
        stage = verdict.row("stage_commit_wait", row.workload)
        if (
            (row.metric, row.word) == ("early_acks", "regressed")
            and stage is not None
            and stage.effect is not None
        ):
            yield Culprit("stage", "commit_wait", row.workload, stage.effect.estimate)


def _stages(comparison: Comparison, verdict: Verdict, workload: str) -> Iterator[Culprit]:
    account = stage_account(comparison, verdict, workload)
    if isinstance(account, Unavailable):
        return
    grown = [s for s in account.stages if s.told_from_noise and s.growth_ms > 0]
    for stage in sorted(grown, key=lambda s: -s.growth_ms):
        yield Culprit("stage", stage.stage, workload, stage.growth_ms)


def _frames(comparison: Comparison, workload: str) -> Iterator[Culprit]:
    difference = difference_of(comparison, workload, "cpu")
    if difference is None:
        return
    for one in grown(difference):
        yield Culprit("frame", parted(one.name)[0], workload, one.us / 1e3)
