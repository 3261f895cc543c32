"""Where the CPU goes while a broker is asked, gets connections or starts again, and where it is in a stop.

These are the functions behind a probe; those that work for connections are behind memory, too, that is held by them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import mean

from chronik_perf.model import (
    ASKED,
    CONNECTED,
    PROBED,
    RESTARTED,
    SIDES,
    STOPPED,
    Comparison,
    Phase,
    ProbeName,
    Profile,
    Side,
)
from chronik_perf.stats import words
from chronik_perf.stats.accounts.held import AT_REST, held
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.profile_diff import Grown, grown, only_there, parted, profile_difference

_GREW_MOST = ", the function that grew most is {function}, by {more} of CPU "
_SAID: dict[Phase, str] = {
    ASKED: "While {who} is asked for topics, what is stored and what never comes, has topics deleted, and gets large "
    "batches and messages to many partitions" + _GREW_MOST + "a start",
    CONNECTED: "While connections to {who} come and go" + _GREW_MOST + "for 1,000 of them",
    RESTARTED: "While {who} starts again" + _GREW_MOST + "a start",
    STOPPED: "While {who} stops, its first thread is in {function} for {more} longer",
}
# What a broker does of itself it does in any second; what it does for connections, where there are far more of them.
BEYOND = 3.0
# A program has ended when its first thread has; what others wait for meanwhile holds nobody up.
_FIRST = "MainThread"


def phases_behind(comparison: Comparison, worse: Collection[ProbeName]) -> set[Phase]:
    """Give the phases in which the work for these probes is; that of connections also where memory at rest grew."""
    phases = {of.work for of in PROBED if of.work is not None and of.name in worse}
    # What is held is told by intervals over all blocks: they are not made where no profile could say more.
    could_say = CONNECTED not in phases and _profiles(comparison, "candidate", CONNECTED)
    if could_say and any(one.kind == AT_REST and one.effect.estimate > 0 for one in held(comparison)):
        phases.add(CONNECTED)
    return phases


def grew_meanwhile(comparison: Comparison, phases: Collection[Phase]) -> Iterator[tuple[Phase, Grown]]:
    """Give the functions whose CPU, or time in a stop, grew by more than chance in each phase, the most first.

    Figures are in µs a start, of connections in µs for 1,000. All that is asked has one profile, and so have
    connections: which function belongs to which question it does not tell.
    """
    for phase in (one for one in _SAID if one in phases):
        base, candidate = (_profiles(comparison, side, phase) for side in SIDES)
        if not base or not candidate:
            continue
        found = _grown(phase, base, candidate)
        if phase == CONNECTED:
            found = _of_connections(found, comparison)
        yield from ((phase, one) for one in found)


def only_while_asked(comparison: Comparison) -> Iterator[Grown]:
    """Give the calls that only the candidate was ever seen in while it was asked, the most CPU first; µs a start."""
    base, candidate = (_profiles(comparison, side, ASKED) for side in SIDES)
    if base and candidate:
        yield from only_there(profile_difference(base, candidate))


def _profiles(comparison: Comparison, side: Side, phase: Phase) -> list[Profile]:
    return [q for p in comparison.probes if p.side == side for q in p.profiles if q.workload == phase]


def _grown(phase: Phase, base: Sequence[Profile], candidate: Sequence[Profile]) -> Iterator[Grown]:
    if phase == STOPPED:
        # A thread that waits is in one function, under whatever it was called by.
        difference = profile_difference(_first_thread(base), _first_thread(candidate))
        yield from (one for one in grown(difference) if not one.whole)
    else:
        # Of a broker without a load, a main loop does whatever it does for what it calls.
        yield from grown(profile_difference(base, candidate), loops_own=0.0)


def _of_connections(found: Iterable[Grown], comparison: Comparison) -> Iterator[Grown]:
    """Pass over what grew as much in any second in which other things are asked: a broker's own ticks, say."""
    among, beside = (_growth_per_second(comparison, phase) for phase in (CONNECTED, ASKED))
    for one in found:
        key = (one.name, one.whole)
        if among.get(key, 0.0) > BEYOND * max(0.0, beside.get(key, 0.0)):
            yield one


def _growth_per_second(comparison: Comparison, phase: Phase) -> dict[tuple[str, bool], float]:
    """Give how much more µs of CPU each function takes a second, by name and whether with all that it calls."""
    base, candidate = (_profiles(comparison, side, phase) for side in SIDES)
    if not base or not candidate:
        return {}
    # A figure is for 1,000 of what the profile counts.
    before, after = (mean(p.stored / p.window_s for p in side) / 1e3 for side in (base, candidate))
    growth: dict[tuple[str, bool], float] = {}
    for of in profile_difference(base, candidate).frames:
        growth[of.name, True] = of.candidate_us * after - of.base_us * before
        growth[of.name, False] = of.candidate_self_us * after - of.base_self_us * before
    return growth


def _first_thread(profiles: Sequence[Profile]) -> list[Profile]:
    found = []
    for profile in profiles:
        stacks = {stack: n for stack, n in profile.stacks.items() if stack.split(";")[0] == _FIRST}
        found.append(replace(profile, stacks=stacks, samples=sum(stacks.values())))
    return found


def cpu_findings(comparison: Comparison, worse: Collection[ProbeName]) -> Iterator[str]:
    """Say of each phase behind these probes which function grew most."""
    said = set()
    for phase, one in grew_meanwhile(comparison, phases_behind(comparison, worse)):
        if phase not in said:
            said.add(phase)
            name, file = parted(one.name)
            function = f"{name}{f' ({file})' if file else ''}{' with all that it calls' if one.whole else ''}"
            who, more = name_of(comparison, "candidate"), words.microseconds(one.us)
            yield f"{_SAID[phase].format(who=who, function=function, more=more)}."
