"""A pair of slices in bursts: the two sides have the load in turns, too short for the machine to change in between."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

from chronik_perf.experiment.quiet import SLACK
from chronik_perf.experiment.rig import Rig, begin_at_rest, idle_soon, wait_for_rest
from chronik_perf.experiment.slices import Begun, under_load, until_quiet
from chronik_perf.model import LoadWindow, MeasurementFailed, Unavailable, Workload

# What a broker may use in the other's burst, beside its idling, before it counts as work that it had put off.
STRAY_S = 0.001


def measure_pair(
    rigs: Sequence[Rig], workload: Workload, slice_s: float, bursts: int, rng: random.Random
) -> None:
    """Give each broker one slice of `slice_s` in so many bursts, in an order drawn anew for each round of bursts.

    Each slice is added to its rig's. A burst begins when no thread of any broker is at work. A broker that works on in
    the other's burst pays for that in its own slice, and before each burst that follows all are watched until they
    rest. What one uses in the other's burst as it always does when idle is no slice's. Raises MeasurementFailed as
    `measure_slice` does.
    """
    begun = [Begun(rig) for rig in rigs]
    begin_at_rest(rigs)
    turns = [_Turns.open(rig, one, workload) for rig, one in zip(rigs, begun, strict=True)]
    patient = not idle_soon(rigs)
    for turn in turns:
        turn.take()
    for _ in range(bursts):
        for turn in rng.sample(turns, len(turns)):
            began = time.monotonic()
            turn.burst(slice_s / bursts, workload.slice_bytes // bursts)
            if patient or not idle_soon(rigs):
                wait_for_rest(rigs)
            took_s = time.monotonic() - began
            for one in turns:
                used_s = one.take()
                strayed = used_s > STRAY_S + (one.rig.idle + SLACK) * took_s
                if one is turn or strayed:
                    one.used_s += used_s
                patient = patient or (strayed and one is not turn)
    windows = [turn.close() for turn in turns]
    quiets = wait_for_rest(rigs)
    for turn, window, quiet in zip(turns, windows, quiets, strict=True):
        cpu_s = until_quiet(turn.rig, turn.seen_s - turn.used_s, quiet)
        turn.rig.slices.append(turn.begun.ended(workload, window, cpu_s, quiet))


@dataclass(slots=True)
class _Turns:
    """One side's bursts, and what its broker used of the CPU for them."""

    rig: Rig
    begun: Begun
    workload: Workload
    seen_s: float = 0.0  # the broker's CPU clock when it was last read
    used_s: float = 0.0

    @classmethod
    def open(cls, rig: Rig, begun: Begun, workload: Workload) -> _Turns:
        begun.at_rest()
        with under_load(rig):
            rig.loads[workload.name].open_window()
        return cls(rig, begun, workload)

    def burst(self, duration_s: float, max_bytes: int) -> None:
        with under_load(self.rig):
            self.rig.loads[self.workload.name].burst(duration_s, max_bytes)

    def take(self) -> float:
        """Read the clock and give what was used since it was last read."""
        now = self.rig.cpu.read()
        if isinstance(now, Unavailable):
            failed = MeasurementFailed(f"{self.rig.target.name}: {now.reason}")
            raise self.rig.broker.cause_of(failed)
        used_s, self.seen_s = now - self.seen_s, now
        return used_s

    def close(self) -> LoadWindow:
        with under_load(self.rig):
            return self.rig.loads[self.workload.name].close_window()
