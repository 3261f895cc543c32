"""What is said of modes: levels, how often each comes, and whether how often has changed. Never a word of a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from chronik_perf.model import SIDES, Comparison, Side, Workload
from chronik_perf.stats import words
from chronik_perf.stats.betting import Floats, log_wealth
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.modes import Modes, modes, moves_together

ERROR = 0.01  # of all workloads together, that how often a mode comes is wrongly said to have changed
# What a change in how often is bet in: a tenth of the slices.
SHARE = 0.1
COUNTS = {2: "two", 3: "three"}
ALIKE = 0.25
LEAST_IN_A_MODE = 8  # slices (or starts) of a side, before its level is held against the other side's


@dataclass(frozen=True, slots=True)
class SideModes:
    """Slices of one side and workload: msg/s of each start, and their modes; `machine` if both sides moved alike."""

    side: Side
    starts: tuple[Floats, ...]
    modes: Modes | None
    machine: bool = False

    @property
    def found(self) -> Modes | None:
        """Give the modes that are this side's own."""
        return None if self.machine else self.modes


def modes_of(comparison: Comparison, workload: Workload) -> dict[Side, SideModes]:
    """Find the modes of throughput of both sides over the gate slices of the kept blocks."""
    starts: dict[Side, tuple[Floats, ...]] = {
        side: tuple(
            np.asarray(
                [
                    s.load.stored / s.load.window_s
                    for s in block.side(side).gate_slices(workload.name)
                    if s.load.stored > 0 and s.load.window_s > 0
                ]
            )
            for block in comparison.kept_blocks
        )
        for side in SIDES
    }
    given: dict[Side, SideModes] = {}
    for side in SIDES:
        other: Side = "candidate" if side == "base" else "base"
        found = modes(starts[side])
        machine = False
        if found is not None:
            beside = [
                (x[: min(x.size, y.size)], y[: min(x.size, y.size)])
                for x, y in zip(starts[side], starts[other], strict=True)
            ]
            own, others = (np.log(np.concatenate([b[k] for b in beside])) for k in (0, 1))
            machine = moves_together(found, own, others)
        given[side] = SideModes(side, starts[side], found, machine)
    return given


def mode_findings(comparison: Comparison) -> Iterator[str]:
    """Name the modes of each side and workload, and say whether how often each comes has changed."""
    for workload in comparison.workloads:
        sides = modes_of(comparison, workload)
        for side in SIDES:
            yield from _levels(comparison, workload, sides[side])
        if any(s.found for s in sides.values()):
            yield _how_often(comparison, workload, sides) + _alike(sides)


def change_in_share(base: Floats, candidate: Floats) -> float:
    """Give the p of "a mode comes as often in both": shares of slices, one a block, at whatever block one stops.

    The unit is the start: its slices share its luck. It is 1 over the highest wealth of the bets in either direction,
    two-sided.
    """
    most = max(
        float(np.max(log_wealth(base, candidate, 0.0, direction, SHARE))) for direction in ("above", "below")
    )
    return min(1.0, 2 * math.exp(-most))


def _levels(comparison: Comparison, workload: Workload, side: SideModes) -> Iterator[str]:
    if side.modes is None:
        return
    found, who = side.modes, name_of(comparison, side.side)
    listed = [
        f"{words.quantity(m.level, 'msg/s')} in {words.percent(m.weight, 0)} of its {found.unit}s"
        for m in sorted(found.modes, key=lambda m: -m.weight)
    ]
    levels = f"{', '.join(listed[:-1])} and {listed[-1]}"
    if side.machine:
        yield (
            f"{who} with {workload.title} ran at {COUNTS[len(found.modes)]} speeds, {levels}, and the other side "
            "slowed at the same moments: this is the machine and no mode of a version."
        )
        return
    if found.unit == "start":
        how = "a start keeps to one of them for life"
    elif found.for_life:
        how = (
            f"a start keeps to one of them for life ({found.starts - found.switching} of {found.starts} did)"
        )
    else:
        how = f"starts switch between them ({found.switching} of {found.starts} did)"
    yield f"{who} has {COUNTS[len(found.modes)]} modes with {workload.title}: {levels}; {how}."


def _how_often(comparison: Comparison, workload: Workload, sides: dict[Side, SideModes]) -> str:
    luck = (
        f"The mean of throughput with {workload.title} mixes modes, so a shift of it may be a shift of how often "
        "each comes"
    )
    measure = _shared_modes(sides)
    kept = _shares(measure, sides) if measure is not None else []
    if measure is None or not kept:
        return f"{luck}; the two sides have no modes in common, so how often is not compared."
    base, candidate = np.asarray(kept, dtype=float).T
    p = change_in_share(base, candidate)
    level = words.quantity(measure.modes[0].level, "msg/s")
    said = (
        f"in the mode of {level} were {words.percent(float(candidate.mean()), 0)} of the {measure.unit}s of "
        f"{name_of(comparison, 'candidate')} and {words.percent(float(base.mean()), 0)} of those of "
        f"{name_of(comparison, 'base')}"
    )
    chance = f"p {words.number(max(p, 0.0001))}" if p > 0.0001 else "p below 0.0001"
    over = f"{chance} over {words.count(len(kept), 'block')}"
    if p <= ERROR / len(comparison.workloads):
        return (
            f"How often a mode comes with {workload.title} has changed: {said} ({over}). "
            f"{luck}{_like_with_like(comparison, measure, sides)}."
        )
    return f"{luck}: {said}, which may be luck ({over}){_like_with_like(comparison, measure, sides)}."


def _shared_modes(sides: dict[Side, SideModes]) -> Modes | None:
    """Give the modes that both sides can be counted by; None where their levels do not agree."""
    ways: tuple[tuple[Side, Side], ...] = (("base", "candidate"), ("candidate", "base"))
    for side, other in ways:
        found = sides[side].found
        if found is not None and found.holds(_all_units(found, sides[other])):
            return found
    return None


def _all_units(measure: Modes, side: SideModes) -> Floats:
    """Give the logs of everything that is counted of one side."""
    return np.concatenate([np.empty(0), *(measure.units(s) for s in side.starts if s.size)])


def _shares(measure: Modes, sides: dict[Side, SideModes]) -> list[tuple[float, float]]:
    """Give, for each block that has both, the shares of base and candidate in the lowest mode."""
    shares = [[_share_of_lowest(measure, start) for start in sides[side].starts] for side in SIDES]
    return [(b, c) for b, c in zip(*shares, strict=True) if b is not None and c is not None]


def _share_of_lowest(measure: Modes, start: Floats) -> float | None:
    return float((measure.members(measure.units(start)) == 0).mean()) if start.size else None


def _alike(sides: dict[Side, SideModes]) -> str:
    """Warn where both sides have modes equally far apart: the machine may be in one of them for a slice, too."""
    base, candidate = sides["base"].found, sides["candidate"].found
    if base is None or candidate is None:
        return ""
    gaps = [math.log(m.modes[-1].level / m.modes[0].level) for m in (base, candidate)]
    if abs(gaps[0] - gaps[1]) > ALIKE * max(gaps):
        return ""
    return " Both sides have modes equally far apart, so they may be the machine's as well as the broker's."


def _like_with_like(comparison: Comparison, measure: Modes, sides: dict[Side, SideModes]) -> str:
    """Say how far apart the sides are within each mode."""
    told: list[str] = []
    logs = [_all_units(measure, sides[side]) for side in SIDES]
    for k, mode in enumerate(measure.modes):
        base, candidate = (x[measure.members(x) == k] for x in logs)
        if min(base.size, candidate.size) >= LEAST_IN_A_MODE:
            shift = math.expm1(float(np.median(candidate) - np.median(base)))
            told.append(
                f"{words.percent(shift, signed=True)} in that of {words.quantity(mode.level, 'msg/s')}"
            )
    if not told:
        return ""
    return f"; within a mode {name_of(comparison, 'candidate')} differs by {' and '.join(told)}"
