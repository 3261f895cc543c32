"""What is to be named first as the cause of a regression: a stage of a produce, or a function, by rules.

A stage is named for waiting and a function for work. Which of the two comes first follows from whether CPU explains
the loss. A new call in which the thread that does the work waits comes before the stages, all of which it holds up; a
new call comes before the functions that its time is spent in. What is acknowledged before its sync names the stage
that was to wait for it, before all else. Memory that is kept and messages that are lost cost no time that an account
could follow, nor do replies out of order, or work that nobody asked for: where nothing else regressed, calls are named
first that only the candidate was ever seen in. Threads that are not ended are named by the function that they begin
in, and a restart or an answer that takes longer by the functions whose CPU grew meanwhile, then by the stages in which
what was produced for it waited (before these, calls that only the candidate was seen in where something is amiss that
should never be, or more is held); memory that is held before any load by the functions whose CPU grew with connections.
Where a start is slow more often and the mean is not proven to have moved, the stages
are named in which slow starts differ from the base's. Where response times got longer, as far as evidence tells, and
no gate has a word of it, the stage is named that most of it went to, told by evidence as well; and where messages cost
more CPU, as far as evidence tells, the functions whose CPU grew. Where CPU per message regressed and the profile of
that load tells no function, those are named that a load has seen and whose CPU grew while other things were asked,
which is looked at for longer: work that comes now and then is in each of these profiles, and in few of a load. Nothing
is named that cannot be told from noise, and nothing at all where nothing has regressed or is left behind.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Literal

from scipy.stats import t

from chronik_perf.model import ASKED, STAGES, Block, Comparison, Unavailable, Verdict, known, metric
from chronik_perf.stats.accounts.held import IDLE, begun_threads, held
from chronik_perf.stats.accounts.stages import EXPLAINS_MOST, loss_account, stage_account, sure_to_be_work
from chronik_perf.stats.causes.discovered import discovered
from chronik_perf.stats.modes.slow_starts import oftener_slow
from chronik_perf.stats.probes.changes import probe_changes
from chronik_perf.stats.probes.cpu import grew_meanwhile, only_while_asked, phases_behind
from chronik_perf.stats.profile_diff import Grown, blocking, difference_of, grown, only_there, parted

# What a broker keeps or loses costs it no time that an account could follow.
KEPT = frozenset({"unstored", "rss_growth"})
# Of the stages of slow starts, all together; of fewer starts no scatter is known.
SLOW_ERROR = 0.01
LEAST_SLOW = 3


@dataclass(frozen=True, slots=True)
class Culprit:
    """One cause: a stage by name, with its growth in ms per batch, or a bare function, with µs per message.

    What is probed has its phase in place of the workload, and ms a start or, of connections, for 1,000 of them. `file`
    is that of a function, as far as it is known; `waits` tells that the busiest thread waits in it.
    """

    kind: Literal["stage", "frame"]
    name: str
    workload: str
    growth: float
    file: str = ""
    waits: bool = False


def culprits(comparison: Comparison, verdict: Verdict) -> tuple[Culprit, ...]:
    """Give the causes of what regressed, and was not accepted, and then of findings, the likeliest first, each once.

    Workloads come in the order in which the verdict tells of them. Modes alone come before what regressed elsewhere: a
    mean that they moved may be among that.
    """
    regressed = _regressed(verdict)
    named = list(_without_a_wait(verdict))
    for of, slow in oftener_slow(comparison):
        if "throughput" not in regressed.get(of.name, ()):
            named += _where_slow(comparison, slow, of.name)
    named += behind_regressions(comparison, verdict)
    named += _longer(comparison, verdict, set(regressed))
    named += _costlier(comparison, verdict, set(regressed))
    more = {one.kind for one in held(comparison) if one.effect.estimate > 0}
    if "threads" in more:
        named += (_frame(begun, workload) for workload, begun in begun_threads(comparison))
    probed = [change for change in probe_changes(comparison) if change.worse]
    phases = phases_behind(comparison, {one.of.name for one in probed})
    # What is wrong or held is no work that grew: what grows beside it is what clients then ask for, or chance.
    if any(not one.of.is_work and one.of.work == ASKED for one in probed):
        named += (_frame(call, ASKED) for call in only_while_asked(comparison))
    named += (_frame(call, phase) for phase, call in grew_meanwhile(comparison, phases))
    named += (Culprit("stage", s.stage, ASKED, s.growth_ms) for one in probed for s in one.stages)
    if IDLE in more or any(one.of.count for one in probed):
        for load in comparison.workloads:
            named += _only_there(comparison, load.name)
    first: dict[tuple[str, str], Culprit] = {}
    for one in named:
        first.setdefault((one.kind, one.name), one)
    return tuple(first.values())


def behind_regressions(comparison: Comparison, verdict: Verdict) -> Iterator[Culprit]:
    """Give the causes of what regressed and was not accepted, without those of findings; one may come twice."""
    yield from _without_a_wait(verdict)
    for workload, metrics in _regressed(verdict).items():
        if metrics <= KEPT:
            yield from _only_there(comparison, workload)
        stages, frames = tuple(_stages(comparison, verdict, workload)), tuple(_frames(comparison, workload))
        if not frames and "cpu_per_message" in metrics:
            frames = tuple(_now_and_then(comparison))
        loss = loss_account(verdict, workload)
        waits = not isinstance(loss, Unavailable) and loss.waits
        if not sure_to_be_work(verdict, workload):
            yield from _waits(comparison, workload)
        yield from (*stages, *frames) if waits else (*frames, *stages)


def _regressed(verdict: Verdict) -> dict[str, set[str]]:
    """Give the metrics by workload that regressed and were not accepted."""
    regressed: dict[str, set[str]] = {}
    for row in verdict.rows:
        if row.counts:
            regressed.setdefault(row.workload, set()).add(row.metric)
    return regressed


def _now_and_then(comparison: Comparison) -> Iterator[Culprit]:
    """Give the functions whose CPU grew while other things were asked, of those that were seen under a load, too."""
    seen = {
        name
        for p in comparison.profiles
        if (p.side, p.kind) == ("candidate", "cpu")
        for stack in p.stacks
        for name in stack.split(";")
    }
    for phase, one in grew_meanwhile(comparison, {ASKED}):
        if one.name in seen:
            yield _frame(one, phase)


def _without_a_wait(verdict: Verdict) -> Iterator[Culprit]:
    for row in verdict.rows:
        stage = verdict.row("stage_commit_wait", row.workload)
        if row.metric == "early_acks" and row.counts and stage is not None and stage.effect is not None:
            yield Culprit("stage", "commit_wait", row.workload, stage.effect.estimate)


def _where_slow(comparison: Comparison, blocks: tuple[Block, ...], workload: str) -> Iterator[Culprit]:
    """Give the stages that are longer in the candidate's slow starts than in the base's beside them, the most first.

    Slow starts are half of a run's blocks or fewer, too few for the evidence's own intervals, and a machine that was
    slow in one of them has all stages longer on both sides: what is tested are logarithms of ratios, by Student's t.
    """
    found = []
    for stage in STAGES:
        of = metric(f"stage_{stage}")
        pairs = [(known(of.take(b.base, workload)), known(of.take(b.candidate, workload))) for b in blocks]
        told = [(x, y) for x, y in pairs if x is not None and y is not None and x > 0 and y > 0]
        ratios = [math.log(y / x) for x, y in told]
        if len(ratios) < LEAST_SLOW or fmean(ratios) <= 0:
            continue
        error = stdev(ratios) / math.sqrt(len(ratios))
        if error == 0 or t.sf(fmean(ratios) / error, len(ratios) - 1) < SLOW_ERROR / len(STAGES):
            found.append(Culprit("stage", stage, workload, fmean(y - x for x, y in told)))
    yield from sorted(found, key=lambda one: -one.growth)


def _longer(comparison: Comparison, verdict: Verdict, but: Set[str]) -> Iterator[Culprit]:
    """Give the stage that most of a longer response time went to; both told from noise among all evidence."""
    told = discovered(verdict)
    for workload in (load.name for load in comparison.workloads if load.name not in but):
        account = stage_account(comparison, verdict, workload)
        if isinstance(account, Unavailable) or account.grew_most is None or account.share_of_growth is None:
            continue
        stage = account.grew_most
        times = [verdict.row(name, workload) for name in ("p50", "p99")]
        longer = any(
            row is not None and row.effect and row.effect.estimate > 0 and (row.metric, workload) in told
            for row in times
        )
        if longer and (f"stage_{stage.stage}", workload) in told and account.share_of_growth >= EXPLAINS_MOST:
            yield Culprit("stage", stage.stage, workload, stage.growth_ms)


def _costlier(comparison: Comparison, verdict: Verdict, but: Set[str]) -> Iterator[Culprit]:
    """Give the functions whose CPU grew under a load of which CPU per message is evidence, told from noise as such."""
    told = discovered(verdict)
    for workload in (load.name for load in comparison.workloads if load.name not in but):
        row = verdict.row("cpu_per_message", workload)
        if row is not None and row.effect and row.effect.estimate > 0 and (row.metric, workload) in told:
            yield from _frames(comparison, workload)


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
        yield _frame(one, workload)


def _only_there(comparison: Comparison, workload: str) -> Iterator[Culprit]:
    cpu = difference_of(comparison, workload, "cpu")
    for one in only_there(cpu) if cpu is not None else ():
        yield _frame(one, workload)


def _waits(comparison: Comparison, workload: str) -> Iterator[Culprit]:
    cpu, wall = (difference_of(comparison, workload, kind) for kind in ("cpu", "wall"))
    if cpu is not None and wall is not None:
        for one in blocking(cpu, wall):
            yield replace(_frame(one.call, workload), waits=True)


def _frame(one: Grown, workload: str) -> Culprit:
    name, file = parted(one.name)
    return Culprit("frame", name, workload, one.us / 1e3, file)
