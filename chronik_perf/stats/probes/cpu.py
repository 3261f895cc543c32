"""Where the CPU goes while a broker is asked, or starts again: the functions behind a probe that got worse."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from chronik_perf.model import ASKED, PROBED, RESTARTED, SIDES, Comparison, Phase, ProbeName
from chronik_perf.stats import words
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.profile_diff import Grown, grown, parted, profile_difference

_MEANWHILE: dict[Phase, str] = {
    ASKED: "While {who} is asked for connections, topics, what is stored and what never comes, and gets large batches "
    "and messages to many partitions",
    RESTARTED: "While {who} starts again",
}


def grew_meanwhile(comparison: Comparison, worse: Collection[ProbeName]) -> Iterator[tuple[Phase, Grown]]:
    """Give the functions whose CPU grew by more than chance, in µs a start, the most of a phase first.

    Of phases alone in which a probe is among the `worse`. All that is asked has one profile: which function belongs to
    which question it does not tell.
    """
    for phase in _MEANWHILE:
        if not any(of.work == phase and of.name in worse for of in PROBED):
            continue
        base, candidate = (
            [q for p in comparison.probes if p.side == side for q in p.profiles if q.workload == phase]
            for side in SIDES
        )
        if base and candidate:
            # Of a broker without a load, a main loop does whatever it does for what it calls.
            found = grown(profile_difference(base, candidate), loops_own=0.0)
            yield from ((phase, one) for one in found)


def cpu_findings(comparison: Comparison, worse: Collection[ProbeName]) -> Iterator[str]:
    """Say of each such phase which function grew most."""
    said = set()
    for phase, one in grew_meanwhile(comparison, worse):
        if phase not in said:
            said.add(phase)
            name, file = parted(one.name)
            meanwhile = _MEANWHILE[phase].format(who=name_of(comparison, "candidate"))
            yield (
                f"{meanwhile}, the function that grew most is {name}{f' ({file})' if file else ''}"
                f"{' with all that it calls' if one.whole else ''}, by {words.microseconds(one.us)} of CPU a start."
            )
