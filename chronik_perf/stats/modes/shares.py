"""The modes of both sides of a comparison, how often each comes, and whether that has changed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from chronik_perf.model import SIDES, Block, Comparison, Side, Workload
from chronik_perf.stats.betting.bets import Floats, log_wealth
from chronik_perf.stats.modes.levels import Modes, modes, moves_together

# Of all workloads together, that how often a mode comes is wrongly said to have changed: half of it for modes in
# levels, half for those in the ratio of the sides (`slow_starts`).
ERROR = 0.01
# What a change in how often is bet in: a tenth of the slices.
SHARE = 0.1


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


@dataclass(frozen=True, slots=True)
class ModeShares:
    """The share of each start that was in the lowest mode, one value a block and side, 0 to 1.

    `measure` has the modes that both sides were counted by, `p` is that of "it comes as often in both", and `changed`
    tells whether that is refuted, all workloads of the comparison counted.
    """

    measure: Modes
    blocks: tuple[Block, ...]
    base: Floats
    candidate: Floats
    p: float
    changed: bool

    @property
    def worse(self) -> bool:
        """Tell whether the candidate is proven to be in the lowest mode more often."""
        return self.changed and float(self.candidate.mean()) > float(self.base.mean())

    @property
    def slow_blocks(self) -> tuple[Block, ...]:
        """Give the blocks in which the candidate's start was mostly in the lowest mode, and the base's was not."""
        return tuple(
            block
            for block, base, candidate in zip(self.blocks, self.base, self.candidate, strict=True)
            if base < 0.5 <= candidate
        )


def modes_of(comparison: Comparison, workload: Workload) -> dict[Side, SideModes]:
    """Find the modes of throughput of both sides over the gate slices of the kept blocks."""
    starts = speeds(comparison, workload)
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


def mode_shares(comparison: Comparison, sides: dict[Side, SideModes]) -> ModeShares | None:
    """Count both sides by the same modes; None where neither has modes of its own, or the two have none in common."""
    measure = _shared_modes(sides)
    if measure is None:
        return None
    shares = [[_share_of_lowest(measure, start) for start in sides[side].starts] for side in SIDES]
    kept = [
        (block, b, c)
        for block, b, c in zip(comparison.kept_blocks, *shares, strict=True)
        if b is not None and c is not None
    ]
    if not kept:
        return None
    blocks, base, candidate = zip(*kept, strict=True)
    p = change_in_share(np.asarray(base), np.asarray(candidate))
    changed = is_proven(comparison, p)
    return ModeShares(measure, blocks, np.asarray(base), np.asarray(candidate), p, changed)


def speeds(comparison: Comparison, workload: Workload) -> dict[Side, tuple[Floats, ...]]:
    """Give msg/s of the gate slices of each side, one array for each kept block."""
    return {
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


def change_in_share(base: Floats, candidate: Floats) -> float:
    """Give the p of "a mode comes as often in both": shares of slices, one a block, at whatever block one stops.

    The unit is the start: its slices share its luck. It is 1 over the highest wealth of the bets in either direction,
    two-sided.
    """
    most = max(
        float(np.max(log_wealth(base, candidate, 0.0, direction, SHARE))) for direction in ("above", "below")
    )
    return min(1.0, 2 * math.exp(-most))


def is_proven(comparison: Comparison, p: float) -> bool:
    """Tell whether a p of `change_in_share` of one workload is small enough."""
    return p <= ERROR / (2 * len(comparison.workloads))


def all_units(measure: Modes, side: SideModes) -> Floats:
    """Give the logs of everything that is counted of one side."""
    return np.concatenate([np.empty(0), *(measure.units(s) for s in side.starts if s.size)])


def _shared_modes(sides: dict[Side, SideModes]) -> Modes | None:
    """Give the modes that both sides can be counted by; None where their levels do not agree."""
    ways: tuple[tuple[Side, Side], ...] = (("base", "candidate"), ("candidate", "base"))
    for side, other in ways:
        found = sides[side].found
        if found is not None and found.holds(all_units(found, sides[other])):
            return found
    return None


def _share_of_lowest(measure: Modes, start: Floats) -> float | None:
    return float((measure.members(measure.units(start)) == 0).mean()) if start.size else None
