"""What the flame graphs say of a frame and of a side, in words: every figure in µs per 1,000 stored messages."""

from __future__ import annotations

from collections.abc import Sequence

from chronik_perf.model import Profile, summed
from chronik_perf.stats import DiffNode, ProfileDifference, words

_STATES = {
    "grey": "cannot be told from chance",
    "grew": "grew",
    "shrank": "shrank",
    "moved": "moved, as another went the other way and what holds both stayed",
}
_UNTESTED = "not tested, of too few starts or samples, and cannot be told from chance"


def total(difference: ProfileDifference, starts: Sequence[Profile]) -> str:
    """Say what 100 % of one side is, given the profiles of its starts."""
    root, profile = difference.root, summed(starts)
    us = root.base_us if profile.side == "base" else root.candidate_us
    what = "CPU" if profile.kind == "cpu" else "thread time, waiting included,"
    return (
        f"{words.microseconds(us)} of {what} per 1,000 stored messages, from {profile.samples:,} samples "
        f"in {words.number(profile.window_s)} s of {words.count(len(starts), 'start')}"
    )


def said(node: DiffNode, called: str | None = None) -> str:
    """Say a frame's change: both sides; the change; whether it may be chance.

    By callers, `called` is the function that these figures are of where the frame only calls it, and empty where it is
    that function. The page's script reads it the other way round (templates/script/turn.js): it parts it at "; " and
    " → " and turns the signs between, so that no page has to hold it twice. Without ": ", which parts it from the
    frame's name.
    """
    interval = f" (95 % interval {_bounds(node.interval_us)})" if node.interval_us else ""
    base, candidate = (
        f"{side} {words.microseconds(us)} ({words.count(samples, 'sample')})"
        for side, us, samples in (
            ("base", node.base_us, node.base_samples),
            ("candidate", node.candidate_us, node.candidate_samples),
        )
    )
    own = f", by itself {signed(node.self_delta_us)}" if called is None else ""
    change = f"{signed(node.delta_us)}{interval}{own}"
    tested = node.state != "grey" or node.interval_us is not None
    return f"{base} → {candidate}; {change}; {_STATES[node.state] if tested else _UNTESTED}{_of(called)}"


def of_one_side(node: DiffNode, called: str | None = None) -> str:
    """Say a frame of the only side that was profiled; `called` is as in `said`."""
    us, samples = (
        (node.base_us, node.base_samples)
        if node.base_samples
        else (node.candidate_us, node.candidate_samples)
    )
    return f"{words.microseconds(us)}, {words.count(samples, 'sample')}{_of(called)}"


def _of(called: str | None) -> str:
    return (
        f"; of {called.replace(': ', ':').replace('; ', ';')} when it is called from here" if called else ""
    )


def signed(us: float) -> str:
    """Give a change with its sign: +174 ms, −24.3 µs, 0 µs."""
    return f"{'+' if us > 0 else ''}{words.microseconds(us)}"


def _bounds(interval_us: tuple[float, float]) -> str:
    low, high = interval_us
    return f"{signed(low)} to {signed(high)}"
