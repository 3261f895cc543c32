"""How long evidence takes, and what of it fits into the time that is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chronik_perf.experiment.plan import (
    ASKED_AGAIN_S,
    CONNECTED_S,
    KINDS,
    LEAN,
    LEAST_FOR_STARTS_S,
    MOST_PROFILE_STARTS,
    SOON_S,
    START_PROFILE_S,
    Budget,
    budget,
)
from chronik_perf.model import SIDES, Comparison, Design, ProfileKind, known

# What the report and the last stop of the brokers take, beside the evidence.
CLOSING_S = 4.0
# One more fresh start of both sides, the warm-up of one workload on both, and what a start's windows of one side and
# workload take beside their load.
START_S = 1.5
WARM_UP_S = 1.0
AROUND_WINDOWS_S = 0.8
# What a side is asked beside its load, and stopping it to start it again.
ASKED_S = 5.0
# A broker that is soon ready, as long as none has been started; and a dozen blocks of a workload.
QUICK_START_S = 0.5
BLOCKS_S = 60.0


def evidence_seconds(comparison: Comparison, spend: Budget, starts: int, profiles: bool) -> float:
    """Give about how long evidence takes on so many of the `profile_starts` of a side; the first has the series.

    Those that are probed come first, and have the profiles with waiting.
    """
    return _evidence_seconds(
        len(comparison.workloads), _ready_seconds(comparison), spend, starts, profiles=profiles
    )


def _evidence_seconds(workloads: int, ready_s: float, spend: Budget, starts: int, *, profiles: bool) -> float:
    windows_s = spend.series_s + profiles * (
        spend.profile_s * starts / spend.profile_starts
        + spend.wall_s * min(1.0, starts / spend.probed_starts)
    )
    # Each window is followed by quiet and, with a profile, by the profiler's own start and end.
    each_s = START_S + workloads * (WARM_UP_S + 2 * AROUND_WINDOWS_S)
    probed = min(starts, spend.probed_starts)
    soon = ready_s <= SOON_S
    restarts = probed if soon else min(1, probed)
    # What is probed is profiled as well where there are starts enough to tell a change.
    profiled = profiles and spend.profile_starts > 1
    asked_s = 2 * ASKED_S + 2 * (ASKED_AGAIN_S + CONNECTED_S * soon) * profiled
    # In good order and after a kill; and both a stop and a start are profiled.
    restarts_s = restarts * 2 * (3 + 2 * (profiled and soon)) * ready_s
    return workloads * 2 * 1.2 * windows_s + starts * each_s + probed * asked_s + restarts_s


def longest_cpu_profile_s(design: Design, workloads: int) -> float:
    """Give how long the CPU may be profiled under each workload so that blocks have the time that a word takes."""
    if design.quick or design.budget_s is None or design.budget_s < LEAST_FOR_STARTS_S:
        return 0.0
    asked = budget(replace(design, cpu_profile_s=START_PROFILE_S * MOST_PROFILE_STARTS))
    bare = replace(asked, profile_s=0.0)
    beside_s = _evidence_seconds(workloads, QUICK_START_S, bare, bare.profile_starts, profiles=True)
    left_s = design.budget_s - CLOSING_S - BLOCKS_S * workloads - beside_s
    return max(0.0, left_s / (workloads * 2 * 1.2))


def next_kinds(
    comparison: Comparison,
    spend: Budget,
    done: int,
    kinds: Sequence[ProfileKind],
    took_s: float,
    left_s: float,
    *,
    waits: bool,
) -> Sequence[ProfileKind] | None:
    """Say which profiles fit into `left_s` on one more start; None where it has no time for any.

    `done` starts had their evidence, the last of them with these `kinds` and in `took_s`; `waits` tells whether waiting
    is profiled here at all. Where time is short one more start with less tells more than none.
    """
    if done >= spend.probed_starts:
        # The first that is not probed takes less than those before it, and those after it take as long.
        if done == spend.probed_starts:
            before_s, after_s = (evidence_seconds(comparison, spend, n, True) for n in (done, done + 1))
            took_s = after_s - before_s
        return KINDS[:1] if took_s <= left_s else None
    # Beside a long profile of CPU, waits take next to nothing.
    lean = LEAN if waits and comparison.design.cpu_profile_s is None else 1.0
    full_s = took_s if kinds == KINDS else took_s / lean
    if lean * full_s > left_s:
        return None
    return KINDS if full_s <= left_s else KINDS[:1]


def _ready_seconds(comparison: Comparison) -> float:
    ready = [known(b.side(side).ready_s) or 0.0 for b in comparison.blocks for side in SIDES]
    return float(np.median(ready)) if ready else 0.0
