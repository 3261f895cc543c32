"""Where the CPU goes while a broker is asked, gets connections or starts again, and where it is in a stop.

These are the functions behind a probe; those that work for connections are behind memory, too, that is held by them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

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
)
from chronik_perf.stats import words
from chronik_perf.stats.accounts.held import AT_REST, held
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.profile_diff import Grown, grown, parted, profile_difference

_GREW_MOST = ", the function that grew most is {function}, by {more} of CPU "
_SAID: dict[Phase, str] = {
    ASKED: "While {who} is asked for connections, topics, what is stored and what never comes, and gets large batches "
    "and messages to many partitions" + _GREW_MOST + "a start",
    CONNECTED: "While connections to {who} come and go" + _GREW_MOST + "for 1,000 of them",
    RESTARTED: "While {who} starts again" + _GREW_MOST + "a start",
    STOPPED: "While {who} stops, its first thread is in {function} for {more} longer",
}
# A program has ended when its first thread has; what others wait for meanwhile holds nobody up.
_FIRST = "MainThread"


def grew_meanwhile(comparison: Comparison, worse: Collection[ProbeName]) -> Iterator[tuple[Phase, Grown]]:
    """Give the functions whose CPU, or time in a stop, grew by more than chance, in µs a start, the most first.

    Of phases alone in which a probe is among the `worse`; of connections, which are in µs for 1,000, also where more
    memory is held before any load. All that is asked has one profile: which function belongs to which question it does
    not tell.
    """
    for phase in _SAID:
        base, candidate = (
            [q for p in comparison.probes if p.side == side for q in p.profiles if q.workload == phase]
            for side in SIDES
        )
        asked = any(of.work == phase and of.name in worse for of in PROBED)
        if base and candidate and (asked or (phase == CONNECTED and _holds_more(comparison))):
            yield from ((phase, one) for one in _grown(phase, base, candidate))


def _holds_more(comparison: Comparison) -> bool:
    return any(one.kind == AT_REST and one.effect.estimate > 0 for one in held(comparison))


def _grown(phase: Phase, base: Sequence[Profile], candidate: Sequence[Profile]) -> Iterator[Grown]:
    if phase == STOPPED:
        # A thread that waits is in one function, under whatever it was called by.
        difference = profile_difference(_first_thread(base), _first_thread(candidate))
        yield from (one for one in grown(difference) if not one.whole)
    else:
        # Of a broker without a load, a main loop does whatever it does for what it calls.
        yield from grown(profile_difference(base, candidate), loops_own=0.0)


def _first_thread(profiles: Sequence[Profile]) -> list[Profile]:
    found = []
    for profile in profiles:
        stacks = {stack: n for stack, n in profile.stacks.items() if stack.split(";")[0] == _FIRST}
        found.append(replace(profile, stacks=stacks, samples=sum(stacks.values())))
    return found


def cpu_findings(comparison: Comparison, worse: Collection[ProbeName]) -> Iterator[str]:
    """Say of each such phase which function grew most."""
    said = set()
    for phase, one in grew_meanwhile(comparison, worse):
        if phase not in said:
            said.add(phase)
            name, file = parted(one.name)
            function = f"{name}{f' ({file})' if file else ''}{' with all that it calls' if one.whole else ''}"
            who, more = name_of(comparison, "candidate"), words.microseconds(one.us)
            yield f"{_SAID[phase].format(who=who, function=function, more=more)}."
