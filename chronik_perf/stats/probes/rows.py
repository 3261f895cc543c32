"""What the probes of fresh starts told, one row for each thing that is probed: both sides' values, and the change.

Starts are probed when the blocks are done, as many as the plan has, so nobody peeks and a fixed test will do: a t-test
on logarithms, the start as the unit, at 1 % over all that is probed. Three starts tell badly how starts differ, so each
probe's variance is also shrunk towards what all of them have (`moderated`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from chronik_perf.model import PROBED, SIDES, Comparison, Probed, ProbeName, Side, Unavailable, known
from chronik_perf.stats.betting.bets import Floats
from chronik_perf.stats.moderated import prior_of
from chronik_perf.stats.welch import welch_reach

ERROR = 0.01  # of all that is probed together, that one of them is wrongly said to differ
LEAST_STARTS = 3
# Where next to nothing differs from start to start a test tells of changes that matter to nobody.
LEAST_CHANGE = 0.2
FAR_APART = 2.0


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One thing that is probed: the values of each side's starts, in its unit, and why there is none of a side.

    `change` is the relative change with its interval, (estimate, low, high); None for a count, and where the starts do
    not suffice. `differs` tells whether that is more than chance and enough to matter.
    """

    of: Probed
    values: dict[Side, Floats]
    missing: dict[Side, str]
    change: tuple[float, float, float] | None
    differs: bool

    def mean(self, side: Side) -> float | None:
        """Give a side's geometric mean, of a count its sum; None where it has no value."""
        values = self.values[side]
        if values.size == 0:
            return None
        if self.of.count or values.min() <= 0:
            return float(values.sum() if self.of.count else values.mean())
        return float(np.exp(np.log(values).mean()))

    @property
    def factor(self) -> float | None:
        """Give the candidate's mean over the base's, of however few starts; None for a count and next to nothing."""
        base, candidate = (self.mean(side) for side in SIDES)
        if self.of.count or base is None or candidate is None or max(base, candidate) <= self.of.least:
            return None
        least = self.of.least or min(base, candidate)
        return max(candidate, least) / max(base, least) if least > 0 else None

    @property
    def apart(self) -> bool:
        """Tell whether the sides are so far apart that a reader should see it, though the starts may be too few."""
        return self.factor is not None and not 1 / FAR_APART < self.factor < FAR_APART

    @property
    def worse(self) -> bool:
        """Tell whether it is the candidate that has more of it, if they differ at all."""
        base, candidate = (self.mean(side) or 0.0 for side in SIDES)
        return candidate > base


def probe_rows(comparison: Comparison) -> tuple[ProbeRow, ...]:
    """Give a row for each thing that was probed on any start."""
    told = [_told(comparison, of) for of in PROBED]
    changes = _changes({row.of.name: row for row in told if _tells_a_change(row)})
    return tuple(
        _judged(row, changes.get(row.of.name))
        for row in told
        if row.missing or any(v.size for v in row.values.values())
    )


def _told(comparison: Comparison, of: Probed) -> ProbeRow:
    told = {
        side: [p.values[of.name] for p in comparison.probes if p.side == side and of.name in p.values]
        for side in SIDES
    }
    numbers = {side: [v for v in map(known, told[side]) if v is not None] for side in SIDES}
    values: dict[Side, Floats] = {side: np.asarray(numbers[side], dtype=float) for side in SIDES}
    missing = {
        side: next((v.reason for v in told[side] if isinstance(v, Unavailable)), "")
        for side in SIDES
        if told[side] and not numbers[side]
    }
    return ProbeRow(of, values, missing, None, False)


def _at_least(row: ProbeRow) -> tuple[Floats, Floats]:
    """Give both sides' values: a sound broker may use nothing at all, and next to nothing differs by any factor."""
    base, candidate = (np.maximum(row.values[side], row.of.least) for side in SIDES)
    return base, candidate


def _tells_a_change(row: ProbeRow) -> bool:
    base, candidate = _at_least(row)
    if row.of.count or min(base.size, candidate.size) < LEAST_STARTS:
        return False
    return bool(min(base.min(), candidate.min()) > 0)


def _changes(rows: Mapping[ProbeName, ProbeRow]) -> dict[ProbeName, tuple[float, float]]:
    """Give the difference of each one's means of logarithms, and how far its interval reaches to either side."""
    changes = {}
    # Bytes hardly scatter, and beside them times would seem to have nothing in common.
    for alike in ([name for name in rows if rows[name].of.is_time is times] for times in (True, False)):
        values = [_at_least(rows[name]) for name in alike]
        logs = [(np.log(base), np.log(candidate)) for base, candidate in values]
        reach = reaches(logs, ERROR / sum(not of.count for of in PROBED)) if logs else ()
        for name, (base, candidate), far in zip(alike, logs, reach, strict=True):
            changes[name] = float(candidate.mean() - base.mean()), float(far)
    return changes


def reaches(logs: Sequence[tuple[Floats, Floats]], error: float) -> Floats:
    """Give how far the interval of each difference of two means reaches, with an `error` of each.

    What scatters as most do is told better with what they share, and what hardly scatters, as memory, by itself. Both
    have half of the error, so that the narrower of two intervals holds.
    """
    quantile = 1 - error / 2 / 2
    own: Floats = np.asarray([welch_reach(*both, quantile) for both in logs])
    return np.minimum(_shared_reach(logs, quantile), own)


def _shared_reach(logs: Sequence[tuple[Floats, Floats]], quantile: float) -> Floats:
    """Give how far each interval reaches by what all scatter; it holds for sides that scatter alike."""
    df = np.asarray([base.size + candidate.size - 2.0 for base, candidate in logs])
    squares = np.asarray([sum(float(((x - x.mean()) ** 2).sum()) for x in both) for both in logs])
    variances, freedom = prior_of(squares / df, df).shrunk(squares / df, df)
    counts = np.asarray([1 / base.size + 1 / candidate.size for base, candidate in logs])
    return np.asarray(scipy.special.stdtrit(freedom, quantile) * np.sqrt(variances * counts))


def _judged(row: ProbeRow, change: tuple[float, float] | None) -> ProbeRow:
    base, candidate = _at_least(row)
    if row.of.count:
        differs = bool(base.size and candidate.size) and (base.sum() > 0) != (candidate.sum() > 0)
        return replace(row, differs=bool(differs))
    if change is None:
        return row
    shift, reach = change
    relative = (math.expm1(shift), math.expm1(shift - reach), math.expm1(shift + reach))
    matters = abs(relative[0]) >= LEAST_CHANGE and abs(candidate.mean() - base.mean()) >= row.of.least
    return replace(row, change=relative, differs=abs(shift) > reach and bool(matters))
