"""What a difference of profiles says in a sentence, and what it could not have seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chronik_perf.model import ProfileKind
from chronik_perf.stats import words
from chronik_perf.stats.profile_diff import significance
from chronik_perf.stats.profile_diff.compared import Basis, detectable_share
from chronik_perf.stats.profile_diff.figures import DiffNode, FrameChange
from chronik_perf.stats.profile_diff.starts import Starts

_SHARES = (0.1, 0.01)


def sentence(kind: ProfileKind, whole: DiffNode, frames: Iterable[FrameChange], enough: bool) -> str:
    """Say both totals and the function that changed most; what only moved is said to have moved."""
    what = "CPU" if kind == "cpu" else "Thread time"
    text = (
        f"{what} per 1,000 stored messages: {words.microseconds(whole.base_us, whole.candidate_us)}, then "
        f"{words.microseconds(whole.candidate_us, whole.base_us)} "
        f"({whole.base_samples:,} and {whole.candidate_samples:,} samples)"
    )
    if not enough:
        return f"{text}."
    told = [f for f in frames if f.state != "grey"]
    most = next((f for f in told if f.state != "moved"), None)
    if most is not None:
        sign = "+" if most.self_delta_us > 0 else ""
        return (
            f"{text}; most changed is {most.name}, {sign}{words.microseconds(most.self_delta_us)} by itself."
        )
    if told:
        return f"{text}; cost moved between functions, and what holds them did not change: {told[0].name} and others."
    return f"{text}; no function changed by more than chance explains."


def seen_from(kind: ProfileKind, starts: Starts, bases: Sequence[Basis], p_limit: float) -> str:
    """Say which change of a function could not have been told, or why none could."""
    n = min(starts.base, starts.candidate)
    if not bases:
        if n == 0:
            return "No significance: a side has no profile to compare."
        have = "one start" if n == 1 else f"{n} starts"
        return (
            f"No significance: {have} of a side, and it takes {significance.LEAST_STARTS} of each to tell a change "
            "from what starts differ by, so nothing is coloured."
        )
    what = "CPU" if kind == "cpu" else "thread time"
    changes = [words.percent(detectable_share(s, bases, p_limit), 0) for s in _SHARES]
    return (
        f"What could not have been seen with {starts.base} and {starts.candidate} starts: of a function with 10 % of "
        f"the {what}, a change below about {changes[0]} of its own; of one with 1 % of it, below about {changes[1]} "
        f"of its own (told four times out of five; at most {words.rate(significance.FALSE_DISCOVERIES)} of what is "
        "told is expected to be false)."
    )
