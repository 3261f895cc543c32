"""Modes of one side: levels between which a broker has nothing, and how often it is at each.

A mode needs a valley beside it, whatever the shape of the noise: skewed and heavy-tailed noise has none. Two tests look
for it, each at 0.5 %: Hartigans' dip (`dip`), which few values suffice for if the modes are about as frequent, and the
fall and rise of the density (`valley`), which sees a rare mode too. Slices of one start are no independent values, so
both count a sample as its *effective* size: its number over the design effect, the factor by which clusters make a
share vary more than independent draws would (Kish, "Survey Sampling", 1965, section 5.4; Rao and Scott, Journal of
the American Statistical Association 76, 1981). What was found is described by two normal components of one SD on the
log scale (Dempster, Laird, Rubin, JRSS B 39, 1977), and counts as two modes if they are apart (Ashman's D > 2: Ashman,
Bird, Zepf, Astronomical Journal 108, 1994) and neither is rare. A part may fall apart once more.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chronik_perf.stats.betting.bets import Floats
from chronik_perf.stats.modes.components import EM_STEPS, two_components
from chronik_perf.stats.modes.dip import critical_dip, dip
from chronik_perf.stats.modes.valley import critical_valley, valley

LEAST_VALUES = 8
LEAST_WEIGHT = 0.1
LEAST_APART = 2.0  # SDs
FAR_APART = 6.0
MOST_MODES = 3
# A start is in one mode for life if at most this share of its slices is in another: a slice that a mode ends in
# belongs to neither.
STRAY = 0.1
# From which part of the distance between the modes the slices beside them move too: then it is the machine.
SHARED = 0.5


@dataclass(frozen=True, slots=True)
class _Split:
    """The cut between two modes, the SD of one (both on the log scale), and how many values they were worth."""

    cut: float
    sd: float
    effective: float


@dataclass(frozen=True, slots=True)
class Mode:
    """One mode: its level in the values' own unit (a geometric mean), and the share of slices in it, 0 to 1."""

    level: float
    weight: float


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes of one side, lowest first. `cuts` and `sd` are on the log scale, one cut between two neighbours.

    `unit` says what was found to have modes: the slices, or the starts by their medians, where the slices of one
    scatter too widely to be told apart one by one. `effective` is the number of independent values that they are
    worth. Of `starts` starts `switching` were in more than one mode.
    """

    modes: tuple[Mode, ...]
    cuts: tuple[float, ...]
    sd: float
    unit: Literal["slice", "start"]
    effective: float
    starts: int
    switching: int

    @property
    def for_life(self) -> bool:
        """Tell whether each start, but for one in ten, was in one mode for life."""
        return self.switching <= STRAY * self.starts

    def units(self, start: Floats) -> Floats:
        """Give the logs of one start's values that are counted: each slice, or the one median of the start."""
        return _units(np.log(start), self.unit)

    def members(self, logs: Floats) -> NDArray[np.intp]:
        """Give for each log value the index of its mode."""
        return np.searchsorted(np.asarray(self.cuts), logs)

    def holds(self, logs: Floats) -> bool:
        """Tell whether nine in ten of other values lie about these modes, so that they can be counted by them."""
        if logs.size == 0:
            return False
        levels = np.log([m.level for m in self.modes])
        gaps = np.diff(levels)
        reach = np.maximum(3 * self.sd, np.minimum(np.r_[gaps[0], gaps], np.r_[gaps, gaps[-1]]) / 4)
        near = np.abs(logs[:, None] - levels[None, :]) <= reach[None, :]
        return float(near.any(axis=1).mean()) >= 1 - STRAY


def modes(starts: Sequence[Floats]) -> Modes | None:
    """Find the modes of values above 0 (any unit), one array of slices for each start; None where there is but one.

    None also with fewer than eight values, or where a valley between them is not proven.
    """
    logs = [np.log(np.asarray(s, dtype=float)) for s in starts if len(s)]
    return _modes(logs, "slice") or _modes(logs, "start")


def _units(logs: Floats, unit: Literal["slice", "start"]) -> Floats:
    return logs if unit == "slice" else np.median(logs, keepdims=True)


def _modes(logs: Sequence[Floats], unit: Literal["slice", "start"]) -> Modes | None:
    groups = [_units(s, unit) for s in logs]
    first = _split(groups)
    if first is None:
        return None
    cuts, sds = [first.cut], [first.sd]
    for below in (True, False):
        part = [s[s < first.cut] if below else s[s >= first.cut] for s in groups]
        again = _split([s for s in part if s.size])
        if again is not None and len(cuts) < MOST_MODES - 1:
            cuts.append(again.cut)
            sds.append(again.sd)
    everything = np.concatenate(groups)
    cuts = _settled(sorted(cuts), everything)
    member = np.searchsorted(np.asarray(cuts), everything)
    found = tuple(
        Mode(math.exp(float(everything[member == k].mean())), float((member == k).mean()))
        for k in range(len(cuts) + 1)
    )
    if min(m.weight for m in found) < LEAST_WEIGHT:
        return None
    most = [np.bincount(np.searchsorted(np.asarray(cuts), s)).max() for s in groups]
    switching = sum(int(n < (1 - STRAY) * s.size) for n, s in zip(most, groups, strict=True))
    return Modes(found, tuple(cuts), min(sds), unit, first.effective, len(logs), switching)


def _settled(cuts: list[float], x: Floats) -> list[float]:
    """Move several cuts to the middle between the means beside them: the first may run through a mode of three."""
    if len(cuts) == 1:
        return cuts
    for _ in range(EM_STEPS):
        member = np.searchsorted(np.asarray(cuts), x)
        means = [float(x[member == k].mean()) for k in range(len(cuts) + 1) if (member == k).any()]
        moved = [(a + b) / 2 for a, b in itertools.pairwise(means)]
        if moved == cuts or len(moved) < len(cuts):
            break
        cuts = moved
    return cuts


def moves_together(found: Modes, own: Floats, beside: Floats) -> bool:
    """Tell whether the other side's slices, measured beside these, follow their modes: then the machine has them.

    `own` and `beside` are logs of slices that were measured one after the other. A neighbour on the machine slows both
    and no mode of one broker slows the other. Compared are the means of `beside` where `own` is in its lowest and
    in its highest mode.
    """
    member = found.members(own)
    low, high = beside[member == 0], beside[member == len(found.modes) - 1]
    if low.size < 2 or high.size < 2:
        return False
    gap = math.log(found.modes[-1].level / found.modes[0].level)
    return float(high.mean() - low.mean()) >= SHARED * gap


def far_apart(own: Floats, beside: Floats) -> bool:
    """Tell whether values (logs, one a start) look like two levels that those measured beside them do not share.

    No proof: of twelve to 22 normal values at most one sample in a hundred looks so.
    """
    if own.size < LEAST_VALUES:
        return False
    low, high, sd, weight = two_components(own)
    if not LEAST_WEIGHT <= weight <= 1 - LEAST_WEIGHT or high - low < FAR_APART * sd:
        return False
    lower = own < (low + high) / 2
    if lower.all() or not lower.any():
        return False
    return float(beside[~lower].mean() - beside[lower].mean()) < SHARED * (high - low)


def design_effect(logs: Sequence[Floats]) -> float:
    """Give by how much the clusters make a share of slices vary more than independent slices would; at least 1.

    The mean over the shares below the deciles.
    """
    everything = np.concatenate(list(logs))
    sizes = np.asarray([s.size for s in logs], dtype=float)
    if sizes.size < 2:
        return float(everything.size)
    effects: list[float] = []
    for cut in np.quantile(everything, np.linspace(0.1, 0.9, 9)):
        below = np.asarray([float((s <= cut).mean()) for s in logs])
        p = float(np.average(below, weights=sizes))
        if not 0 < p < 1:
            continue
        # Variance of the ratio estimator, over that of as many independent draws.
        spread = float(np.sum((sizes * (below - p)) ** 2)) * sizes.size / (sizes.size - 1)
        effects.append(spread / (sizes.sum() * p * (1 - p)))
    return max(1.0, float(np.mean(effects))) if effects else 1.0


def _split(logs: Sequence[Floats]) -> _Split | None:
    """Part values, clustered as they are given, in two modes; None for one mode."""
    if not logs:
        return None
    everything = np.concatenate(list(logs))
    if everything.size < LEAST_VALUES:
        return None
    clustered = design_effect(logs)
    effective = everything.size / clustered
    if dip(everything) <= critical_dip(effective) and valley(everything, clustered) <= critical_valley(
        effective
    ):
        return None
    low, high, sd, weight = two_components(everything)
    if not LEAST_WEIGHT <= weight <= 1 - LEAST_WEIGHT or high - low <= LEAST_APART * sd:
        return None
    # Where a value belongs to either with the same chance.
    cut = (low + high) / 2 + sd**2 / (high - low) * math.log(weight / (1 - weight))
    return _Split(cut, sd, effective) if low < cut < high else None
