"""Where a produce waits while a broker is asked: the stages behind a probe that got worse."""

from __future__ import annotations

import numpy as np

from chronik_perf.model import SIDES, STAGES, Comparison
from chronik_perf.stats.accounts.stages import EXPLAINS_MOST, StageShare
from chronik_perf.stats.betting.bets import Floats
from chronik_perf.stats.probes.rows import ERROR, LEAST_STARTS, ProbeRow, reaches

# A stage may take no time at all, and less than this is next to nothing.
LEAST_MS = 1e-3
# Stages have means and probes have medians.
MEAN_OVER_MEDIAN = 2.0


def stages_behind(comparison: Comparison, row: ProbeRow) -> tuple[StageShare, ...]:
    """Give the stages whose growth is more than chance and most of what a probe grew by, the one that grew most first.

    None for a probe that is no time in ms, or whose messages, if it has any, no metrics follow. By Welch's and
    Student's tests on logarithms (stages are too few to learn a common variance from), the start as the unit.
    """
    base_ms, candidate_ms = (row.mean(side) for side in SIDES)
    if row.of.unit != "ms" or base_ms is None or candidate_ms is None:
        return ()
    told = {stage: [_per_start(comparison, row, side, stage) for side in SIDES] for stage in STAGES}
    told = {stage: both for stage, both in told.items() if min(x.size for x in both) >= LEAST_STARTS}
    if not told:
        return ()
    logs = [(np.log(np.maximum(b, LEAST_MS)), np.log(np.maximum(c, LEAST_MS))) for b, c in told.values()]
    reach = reaches(logs, ERROR / len(STAGES))
    behind = []
    for (stage, (base, candidate)), (less, more), far in zip(told.items(), logs, reach, strict=True):
        share = StageShare(stage, float(base.mean()), float(candidate.mean()), None)
        # No batch is in a stage for longer than it takes: a mean beyond that is of others, that were not timed.
        timed = share.candidate_ms < MEAN_OVER_MEDIAN * candidate_ms
        sure = more.mean() - less.mean() > far
        if sure and timed and share.growth_ms >= EXPLAINS_MOST * (candidate_ms - base_ms):
            behind.append(share)
    return tuple(sorted(behind, key=lambda s: -s.growth_ms))


def _per_start(comparison: Comparison, row: ProbeRow, side: str, stage: str) -> Floats:
    told = (p.stages_ms.get(row.of.name, {}) for p in comparison.probes if p.side == side)
    return np.asarray([ms[stage] for ms in told if stage in ms], dtype=float)
