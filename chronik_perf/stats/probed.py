"""What the probes of fresh starts tell: what should never be is counted, times and memory are held against each other.

Starts are probed when the blocks are done, as many as the plan has, so nobody peeks and a fixed test will do: Welch's
t-test on logarithms, the start as the unit (Biometrika 34, 1947), at 1 % over all that is probed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chronik_perf.model import PROBED, SIDES, Comparison, Probed, ProbeName, Side, Unavailable, known
from chronik_perf.stats import words
from chronik_perf.stats.betting import Floats
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.probed_cpu import grew_meanwhile, phase_of
from chronik_perf.stats.profile_diff import parted

ERROR = 0.01  # of all that is probed together, that one of them is wrongly said to differ
LEAST_STARTS = 3
# Where next to nothing differs from start to start a test tells of changes that matter to nobody.
LEAST_CHANGE = 0.2
# With places for who has more of it and for what the `other` side has: `value`, and `less`, which of a count is none.
_SAID: dict[ProbeName, str] = {
    "misordered": "{who} answers a client's requests out of their order: {value}; {other} never does",
    "restart_lost": "Started again on its own data, {who} lacks {value} that it had stored; {other} lacks none",
    "connection": "A new connection to {who} has its first answer after {value}, and one to {other} after {less}",
    "topic_creation": "A new topic of {who} can be written to after {value}, and one of {other} after {less}",
    "read_back": "Reading back what is stored takes {value} from {who}, and {less} from {other}",
    "seek": "A fetch of one batch amid what is stored is answered after {value} by {who}, and after {less} by {other}",
    "beside_slow": "While another client's fetch waits, {who} answers a quick request after {value}, and {other} "
    "after {less}",
    "delivery": "A waiting fetch is answered with what is produced after {value} by {who}, and after {less} by {other}",
    "restart_time": "Started again on what its load has stored, {who} serves after {value}, and {other} after {less}",
    "restart_memory": "Started again on what its load has stored, {who} holds {value} in memory, and {other} {less}",
}


@dataclass(frozen=True, slots=True)
class ProbeChange:
    """One thing that differs: the means over starts (of a count: its sums), and what is said of it.

    `worse` tells whether the candidate is the side that has more of it, or that failed.
    """

    of: Probed
    worse: bool
    said: str


def probe_changes(comparison: Comparison) -> Iterator[ProbeChange]:
    """Give everything probed that differs by more than chance."""
    for of in PROBED:
        base, candidate = (_values(comparison, of, side) for side in SIDES)
        if of.count:
            yield from _counted(comparison, of, base, candidate)
        else:
            yield from _timed(comparison, of, base, candidate)
    yield from _not_started(comparison)


def probe_findings(comparison: Comparison) -> Iterator[str]:
    """Say each, and where there was a profile which function's CPU grew most, once for all that it explains."""
    explained = set()
    for change in probe_changes(comparison):
        phase = phase_of(change.of.name)
        most = (
            grew_meanwhile(comparison, change.of.name)[:1] if change.worse and phase not in explained else ()
        )
        for one in most:
            explained.add(phase)
            name, file = parted(one.name)
            where = f" ({file})" if file else ""
            calls = " with all that it calls" if one.whole else ""
            yield f"{change.said} The CPU of {name}{where}{calls} grew most meanwhile, by {words.microseconds(one.us)}."
        if not most:
            yield change.said


def _values(comparison: Comparison, of: Probed, side: Side) -> Floats:
    found = (known(p.values.get(of.name)) for p in comparison.probes if p.side == side)
    return np.asarray([value for value in found if value is not None], dtype=float)


def _counted(comparison: Comparison, of: Probed, base: Floats, candidate: Floats) -> Iterator[ProbeChange]:
    """One on one side alone decides: no version may ever do it."""
    if base.size == 0 or candidate.size == 0 or (base.sum() > 0) == (candidate.sum() > 0):
        return
    worse = bool(candidate.sum() > 0)
    values = candidate if worse else base
    counted = f"{words.number(float(values.sum()))} {of.unit} in {words.count(values.size, 'start')}"
    yield ProbeChange(of, worse, f"{_said(comparison, of, worse, counted)}.")


def _timed(comparison: Comparison, of: Probed, base: Floats, candidate: Floats) -> Iterator[ProbeChange]:
    if min(base.size, candidate.size) < LEAST_STARTS or min(base.min(), candidate.min()) <= 0:
        return
    shift, reach = _welch(np.log(base), np.log(candidate))
    if abs(shift) <= reach or abs(math.expm1(shift)) < LEAST_CHANGE:
        return
    worse = shift > 0
    less, value = (words.quantity(v, of.unit) for v in sorted((_mean(base), _mean(candidate))))
    low, high = (words.percent(math.expm1(shift + end), signed=True) for end in (-reach, reach))
    starts = words.count(min(base.size, candidate.size), "start")
    said = _said(comparison, of, worse, value, less)
    yield ProbeChange(of, worse, f"{said} ({low} to {high}, from {starts} a side).")


def _said(comparison: Comparison, of: Probed, worse: bool, value: str, less: str = "") -> str:
    base, candidate = (name_of(comparison, side) for side in SIDES)
    who, other = (candidate, base) if worse else (base, candidate)
    return _SAID[of.name].format(who=who, other=other, value=value, less=less)


def _mean(values: Floats) -> float:
    return float(np.exp(np.log(values).mean()))


def _welch(base: Floats, candidate: Floats) -> tuple[float, float]:
    """Give the difference of the means, and how far its interval reaches to either side."""
    # scipy.stats takes a second to import, which a run without probes need not pay.
    from scipy.stats import t

    each = [x.var(ddof=1) / x.size for x in (base, candidate)]
    total = sum(each)
    shift = float(candidate.mean() - base.mean())
    if total == 0:
        return shift, 0.0
    freedom = total**2 / sum(v**2 / (x.size - 1) for v, x in zip(each, (base, candidate), strict=True))
    tests = sum(not of.count for of in PROBED)
    return shift, float(t.isf(ERROR / tests / 2, freedom) * math.sqrt(total))


def _not_started(comparison: Comparison) -> Iterator[ProbeChange]:
    """Tell of a side that did not start again on what it had stored, where the other always did."""
    (of,) = (one for one in PROBED if one.name == "restart_time")
    failed = {
        side: [
            value.reason
            for p in comparison.probes
            if p.side == side and isinstance(value := p.values.get(of.name), Unavailable)
        ]
        for side in SIDES
    }
    for side in SIDES:
        other: Side = "candidate" if side == "base" else "base"
        if failed[side] and not failed[other] and _values(comparison, of, other).size:
            yield ProbeChange(
                of,
                side == "candidate",
                f"{name_of(comparison, side)} did not start again on what its load had stored, in "
                f"{words.count(len(failed[side]), 'start')}: {failed[side][0]}.",
            )
