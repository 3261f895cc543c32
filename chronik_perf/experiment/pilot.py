"""The pilot: how long a round trip and the leftovers of each version last, and the slices that follow from it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from chronik_perf.experiment.plan import Budget
from chronik_perf.experiment.quiet import SLACK
from chronik_perf.experiment.rig import Rig
from chronik_perf.experiment.slices import measure_slice
from chronik_perf.model import SIDES, Measured, Pilot, Side, Slice, Unavailable, Workload, known

TRIALS = 3
TRIAL_S = 0.06
ROUND_TRIPS = 20
# Slices of one side in a block. On recorded noise 24 to 32 found most within the budget; with 64, blocks were too few.
MOST = 24
# The sides of a pair have bursts in turns, so that both meet the same machine: cores change their speed by half
# within a tenth of a second. What begins and ends a burst lasts a round trip; with three, throughput and the losses of
# known regressions are those of ten, and an A/A block has two thirds of the SD for a tenth more time (docs/method.md).
LEAST_BURST_S = 0.008
ROUND_TRIPS_PER_BURST = 3
# Only a broker that is done soon after it has answered may be followed by the other at once. The watch takes a look
# every few milliseconds, so it cannot tell much less than this from nothing.
DONE_SOON_S = 0.012
# One slice may spend as long on being quiet again as on load; beyond that longer slices waste less.
QUIET_PER_SLICE = 1.0
# A slice beyond this no longer cancels the machine's drift; better to alternate whole starts.
LONGEST_SLICE_S = 2.0


def fly_pilot(base: Rig, candidate: Rig, workload: Workload) -> Pilot:
    """Try a workload on both versions, in slices that count for nothing, and plan its slices."""
    trials = {
        rig.side: fly_trials(rig, (other,), workload) for rig, other in ((base, candidate), (candidate, base))
    }
    watched = {rig.side: rig.watched for rig in (base, candidate)}
    return plan_slices(workload, trials, watched, calm=all(rig.idle <= SLACK for rig in (base, candidate)))


def fly_trials(rig: Rig, others: Sequence[Rig], workload: Workload) -> list[Slice]:
    """Try a workload on one version, in slices that count for nothing."""
    return [measure_slice(rig, others, workload, TRIAL_S) for _ in range(TRIALS)]


def plan_slices(
    workload: Workload,
    trials: Mapping[Side, list[Slice]],
    watched: Mapping[Side, bool],
    alone: str = "",
    calm: bool = False,
) -> Pilot:
    """Plan a workload's slices from trials of both sides; `alone` says why both are never up at once, if so.

    `calm` is whether both use next to nothing of a core while nobody asks them for anything.
    """
    trips = (_round_trip_ms(trials["base"]), _round_trip_ms(trials["candidate"]))
    quiets = (_quiet_s(trials["base"]), _quiet_s(trials["candidate"]))
    slice_s = max(workload.slice_s, 1.15 * ROUND_TRIPS * max(trips) / 1e3)
    note = ""
    # Leftovers grow with the load that made them, so a longer slice has longer ones: plan by their ratio.
    slowest, slow_side = max((known(q) or 0.0, side) for q, side in zip(quiets, SIDES, strict=True))
    if slowest > TRIAL_S * QUIET_PER_SLICE:
        slice_s = max(slice_s, 2 * TRIAL_S)
        note = f"the {slow_side} works on for {slowest * 1e3:.0f} ms after a slice of {TRIAL_S * 1e3:.0f} ms"
    # One that cannot be watched is left alone for as long after every slice, and its slices are like any other.
    never = next(
        (
            f"the {side} is not seen to rest, {q.reason}"
            for q, side in zip(quiets, SIDES, strict=True)
            if isinstance(q, Unavailable) and watched[side]
        ),
        None,
    )
    interleaved = never is None and slice_s <= LONGEST_SLICE_S and not alone
    if not interleaved:
        reason = alone or (never or f"a slice would last {slice_s:.1f} s")
        note = f"whole starts alternate instead of slices: {reason}"
        slice_s = min(slice_s, LONGEST_SLICE_S)
    at_once = calm and interleaved and all(watched.values()) and all(map(_done_soon, trials.values()))
    burst_s = max(LEAST_BURST_S, ROUND_TRIPS_PER_BURST * max(trips) / 1e3)
    # Without acknowledgements a burst ends only when the log has caught up, which is looked for in steps; and the
    # schedule of an open loop would begin anew with each.
    divisible = workload.acks != 0 and workload.arrival == "closed"
    bursts = max(1, int(slice_s / burst_s)) if at_once and divisible else 1
    return Pilot(workload.name, trips, quiets, slice_s, interleaved, note, bursts)


def first_slices(pilot: Pilot, spend: Budget) -> int:
    """Give the number of one side's slices of a workload in one of the first blocks.

    Leftovers take time as load does: where they are long, there are fewer slices, and never below the least.
    """
    leftovers_s = sum(known(q) or 0.0 for q in pilot.quiet_s)
    fitting = 2 * spend.gate_s / (2 * pilot.slice_s + max(0.0, leftovers_s - pilot.slice_s))
    return max(spend.least_pairs, min(MOST, round(fitting)))


def _round_trip_ms(trials: list[Slice]) -> float:
    medians = [t.load.response.p50_ms for t in trials if t.load.response is not None]
    return statistics.median(medians) if medians else 0.0


def _done_soon(trials: list[Slice]) -> bool:
    # The median, because a neighbour can hold up the end of a trial; who puts work off does so after each.
    return (
        statistics.median(q if (q := known(t.quiet_s)) is not None else math.inf for t in trials)
        <= DONE_SOON_S
    )


def _quiet_s(trials: list[Slice]) -> Measured:
    for trial in trials:
        if isinstance(trial.quiet_s, Unavailable):
            return trial.quiet_s
    return max(t.quiet_s for t in trials if not isinstance(t.quiet_s, Unavailable))
