"""Figures of both sides compared twice: as they are, and beside what all functions of their start have in common.

The first sees a change of the whole program, the second a small function on a machine whose cores change their speed.
Each has half of the error. What the second finds counts where the figures as they are say the same, if not as surely:
same direction, and at least half as much. Else a function that stayed while most others grew would be said to shrink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from chronik_perf.model import ProfileKind
from chronik_perf.stats.profile_diff import significance
from chronik_perf.stats.profile_diff.common import common_factors
from chronik_perf.stats.profile_diff.significance import CONFIDENCE, Noise
from chronik_perf.stats.profile_diff.starts import Floats, Starts

Counts = npt.NDArray[np.int64]
# Of what is found beside the others, in the figures as they are.
AGREES = 0.5
# Of the functions. Where more have changed beside the others, the others are not what stayed.
FEW = 0.1


@dataclass(frozen=True, slots=True)
class Basis:
    """One way to compare: what samples of each start stand for, and how starts then differ."""

    starts: Starts
    noise: Noise


@dataclass(frozen=True, slots=True)
class Compared:
    """Differences of many figures as they are, in µs per 1,000 messages; p-values, and intervals of 95 % or more.

    Both are of the surer basis; an interval holds the difference as it is, too.

    `seen_us` gives the change that would be seen four times out of five, if p must be below a limit.
    """

    delta_us: Floats
    p: Floats
    low_us: Floats
    high_us: Floats
    _each: tuple[significance.Changes, ...]

    def seen_us(self, p_limit: float) -> Floats:
        """Give for each figure the change that would be seen."""
        limit = p_limit / len(self._each)
        return np.asarray(np.min([one.detectable_us(limit) for one in self._each], axis=0))


def bases_of(own: Counts, whole: Counts, starts: Starts, kind: ProfileKind) -> tuple[Basis, ...]:
    """Learn from functions' own samples (a row each, a column a start) how to compare; CPU also beside all others."""
    plain = Basis(starts, significance.learnt(own, whole, starts))
    # Where a thread waits does not follow from how fast a core is.
    common = common_factors(own, starts) if kind == "cpu" else None
    if common is None:
        return (plain,)
    starts = replace(starts, us=starts.us / common.factors)
    alike = Basis(starts, significance.learnt(own, whole, starts, whole_cv2=common.cv2))
    found, _ = significance.discoveries(significance.changes(own, starts, alike.noise).p)
    return (plain,) if found.mean() > FEW else (plain, alike)


def compared(counts: Counts, bases: Sequence[Basis]) -> Compared:
    """Compare both sides' means of each figure (a row each, a column a start)."""
    plain, *others = each = tuple(significance.changes(counts, one.starts, one.noise) for one in bases)
    confidence = 1 - (1 - CONFIDENCE) / len(each)
    low_us, high_us = plain.intervals(confidence)
    p = plain.p
    for other in others:
        agrees = plain.delta_us * np.sign(other.delta_us) >= AGREES * np.abs(other.delta_us)
        surer = agrees & (other.p < p)
        low, high = other.intervals(confidence)
        # The figures that are shown are those as they are.
        low_us = np.where(surer, np.minimum(low, plain.delta_us), low_us)
        high_us = np.where(surer, np.maximum(high, plain.delta_us), high_us)
        p = np.where(surer, other.p, p)
    return Compared(plain.delta_us, np.minimum(1.0, len(each) * p), low_us, high_us, each)


def detectable_share(share: float, bases: Sequence[Basis], p_limit: float) -> float:
    """Give the relative change of a figure with that share of the whole that would be seen four times out of five."""
    limit = p_limit / len(bases)
    return min(significance.detectable_share(share, one.starts, one.noise, limit) for one in bases)
