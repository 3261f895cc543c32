"""What the probes of fresh starts told, one row for each thing that is probed: both sides' values, and the change.

Starts are probed when the blocks are done, as many as the plan has, so nobody peeks and a fixed test will do: Welch's
t-test on logarithms, the start as the unit (Biometrika 34, 1947), at 1 % over all that is probed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from chronik_perf.model import PROBED, SIDES, Comparison, Probed, Side, Unavailable, known
from chronik_perf.stats.betting import Floats

ERROR = 0.01  # of all that is probed together, that one of them is wrongly said to differ
LEAST_STARTS = 3
# Where next to nothing differs from start to start a test tells of changes that matter to nobody.
LEAST_CHANGE = 0.2


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
    def worse(self) -> bool:
        """Tell whether it is the candidate that has more of it, if they differ at all."""
        base, candidate = (self.mean(side) or 0.0 for side in SIDES)
        return candidate > base


def probe_rows(comparison: Comparison) -> tuple[ProbeRow, ...]:
    """Give a row for each thing that was probed on any start."""
    return tuple(
        row
        for row in (_row(comparison, of) for of in PROBED)
        if row.missing or any(v.size for v in row.values.values())
    )


def _row(comparison: Comparison, of: Probed) -> ProbeRow:
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
    base, candidate = (values[side] for side in SIDES)
    if of.count:
        differs = bool(base.size and candidate.size) and (base.sum() > 0) != (candidate.sum() > 0)
        return ProbeRow(of, values, missing, None, bool(differs))
    if min(base.size, candidate.size) < LEAST_STARTS:
        return ProbeRow(of, values, missing, None, False)
    # A sound broker may use nothing at all, and next to nothing differs by any factor from start to start.
    base, candidate = (np.maximum(x, of.least) for x in (base, candidate))
    if min(base.min(), candidate.min()) <= 0:
        return ProbeRow(of, values, missing, None, False)
    shift, reach = _welch(np.log(base), np.log(candidate))
    change = (math.expm1(shift), math.expm1(shift - reach), math.expm1(shift + reach))
    matters = abs(change[0]) >= LEAST_CHANGE and abs(candidate.mean() - base.mean()) >= of.least
    return ProbeRow(of, values, missing, change, abs(shift) > reach and bool(matters))


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
