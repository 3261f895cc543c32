"""What is said of modes: levels, how often each comes, and whether how often has changed. Never a word of a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from chronik_perf.model import SIDES, Comparison, Side, Workload
from chronik_perf.stats import words
from chronik_perf.stats.gather import name_of
from chronik_perf.stats.modes.levels import Modes
from chronik_perf.stats.modes.shares import SideModes, all_units, mode_shares, modes_of
from chronik_perf.stats.modes.slow_starts import levels_tell, slow_starts

COUNTS = {2: "two", 3: "three"}
ALIKE = 0.25
LEAST_IN_A_MODE = 8  # slices (or starts) of a side, before its level is held against the other side's


def mode_findings(comparison: Comparison) -> Iterator[str]:
    """Name the modes of each side and workload, and say whether how often each comes has changed."""
    for workload in comparison.workloads:
        sides = modes_of(comparison, workload)
        for side in SIDES:
            yield from _levels(comparison, workload, sides[side])
        if levels_tell(sides):
            yield _how_often(comparison, workload, sides) + _alike(sides)
        else:
            yield from _beside(comparison, workload)


def _beside(comparison: Comparison, workload: Workload) -> Iterator[str]:
    """Tell of modes that are seen in the ratio of the sides alone."""
    found = slow_starts(comparison, workload)
    if found is None:
        return
    base, candidate = (name_of(comparison, side) for side in SIDES)
    listed = [
        f"{words.percent(ratio, 0)} of its throughput in {words.count(n, 'block')}"
        for ratio, n in found.speeds
    ]
    how = "which may be luck" if not found.changed else "which is more than luck"
    times = {
        "base": words.count(len(found.base), "time"),
        "candidate": words.count(len(found.candidate), "time"),
    }
    yield (
        f"Beside {base}, {candidate} had two speeds with {workload.title}: {' and '.join(listed)}. The slower start of "
        f"a block was that of {candidate} {times['candidate']} and that of {base} {times['base']}, {how} "
        f"({_chance(found.p)} over {words.count(found.blocks, 'block')}). Levels alone do not show it."
    )


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
    shares = mode_shares(comparison, sides)
    if shares is None:
        return f"{luck}; the two sides have no modes in common, so how often is not compared."
    measure, p = shares.measure, shares.p
    level = words.quantity(measure.modes[0].level, "msg/s")
    said = (
        f"in the mode of {level} were {words.percent(float(shares.candidate.mean()), 0)} of the {measure.unit}s of "
        f"{name_of(comparison, 'candidate')} and {words.percent(float(shares.base.mean()), 0)} of those of "
        f"{name_of(comparison, 'base')}"
    )
    over = f"{_chance(p)} over {words.count(len(shares.blocks), 'block')}"
    if shares.changed:
        return (
            f"How often a mode comes with {workload.title} has changed: {said} ({over}). "
            f"{luck}{_like_with_like(comparison, measure, sides)}."
        )
    return f"{luck}: {said}, which may be luck ({over}){_like_with_like(comparison, measure, sides)}."


def _chance(p: float) -> str:
    return f"p {words.number(p)}" if p > 0.0001 else "p below 0.0001"


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
    logs = [all_units(measure, sides[side]) for side in SIDES]
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
