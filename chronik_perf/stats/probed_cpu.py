"""Where the CPU goes while a broker is asked, or starts again: the functions behind a probe that got worse."""

from __future__ import annotations

from chronik_perf.model import ASKED, RESTARTED, SIDES, Comparison, Phase, ProbeName
from chronik_perf.stats.profile_diff import Grown, ProfileDifference, grown, only_there, profile_difference

# Of which probes a profile can tell the work; what only waits has none.
_PHASE_OF: dict[ProbeName, Phase] = {
    "connection": ASKED,
    "topic_creation": ASKED,
    "read_back": ASKED,
    "seek": ASKED,
    "restart_time": RESTARTED,
    "restart_memory": RESTARTED,
}


def phase_of(name: ProbeName) -> Phase | None:
    """Give the phase whose profile can explain a probe; None where there is none."""
    return _PHASE_OF.get(name)


def grew_meanwhile(comparison: Comparison, name: ProbeName) -> tuple[Grown, ...]:
    """Give the functions whose CPU grew in a probe's phase, in µs a phase, the most first; () where none is told.

    Where none grew by more than chance, those that the base was never seen in.
    """
    phase = phase_of(name)
    difference = _difference(comparison, phase) if phase is not None else None
    return (grown(difference) or only_there(difference)) if difference is not None else ()


def _difference(comparison: Comparison, phase: Phase) -> ProfileDifference | None:
    base, candidate = (
        [
            p
            for probe in comparison.probes
            if probe.side == side
            for p in probe.profiles
            if p.workload == phase
        ]
        for side in SIDES
    )
    return profile_difference(base, candidate) if base and candidate else None
