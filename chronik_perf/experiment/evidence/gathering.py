"""Evidence: time series, profiles and probes, from longer slices of their own. Nothing of it ever gates.

They are taken when the blocks are done, on more fresh starts of each side, for which block is the last is known only
when its verdict is. Profiles are taken on each of these starts, the time split among them: what the samples of one
process have in common tells nothing of the next. The series come from the first.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Sequence
from typing import Literal, TypeVar

from chronik_perf.experiment.evidence.probe_profiles import (
    can_be_profiled_from_its_start,
    of_a_restart,
    of_a_stop,
    while_asked,
    while_connected,
)
from chronik_perf.experiment.evidence.probing import answers
from chronik_perf.experiment.evidence.restart import restart_fits, started_again
from chronik_perf.experiment.evidence.stage_watch import StageWatch
from chronik_perf.experiment.place import Place
from chronik_perf.experiment.plan import ASKED_AGAIN_S, Budget
from chronik_perf.experiment.rig import Rig, begin_at_rest, wait_for_rest
from chronik_perf.experiment.slices import run_load
from chronik_perf.model import (
    SIDES,
    Comparison,
    Lacking,
    MeasurementFailed,
    MissingProfile,
    Probe,
    Profile,
    ProfileKind,
    Series,
    Unavailable,
    Workload,
    known,
)
from chronik_perf.network import Network
from chronik_perf.sampling import profilers
from chronik_perf.sampling.series import record
from chronik_perf.sampling.thread_states import ThreadStates
from chronik_perf.sut import BrokerProcess

NEARLY = 0.9
MOST_BYTES = 384 << 20  # of one window: about 4 s at acks=1, one second of full batches at acks=0


@dataclasses.dataclass(slots=True)
class Evidence:
    """What was gathered, in the order in which it was taken."""

    series: list[Series] = dataclasses.field(default_factory=list)
    profiles: list[Profile] = dataclasses.field(default_factory=list)
    missing_profiles: list[MissingProfile] = dataclasses.field(default_factory=list)
    probes: list[Probe] = dataclasses.field(default_factory=list)
    lacking: list[Lacking] = dataclasses.field(default_factory=list)
    failed: bool = False
    series_took_s: float = 0.0  # of the first start's time: the others have none

    def gather(
        self,
        rig: Rig,
        others: Sequence[Rig],
        workloads: Sequence[Workload],
        spend: Budget,
        *,
        start: int,
        kinds: Sequence[ProfileKind],
    ) -> None:
        """Watch one broker under each workload on the first start (0), and take profiles of these kinds on each.

        A broker that fails here costs the evidence that was still to come, and never the verdict.
        """
        try:
            for workload in workloads:
                if start == 0:
                    begun = time.monotonic()
                    self.series.append(_take_series(rig, others, workload, spend.series_s))
                    self.series_took_s += time.monotonic() - begun
                for kind in kinds:
                    taken = _take_profile(rig, others, workload, kind, spend.start_s(kind))
                    if isinstance(taken, Profile):
                        self.profiles.append(dataclasses.replace(taken, start=start))
                    elif taken not in self.missing_profiles:
                        self.missing_profiles.append(taken)
        except MeasurementFailed as error:
            self.fail(error, f"{rig.target.name}: ")

    def probe(
        self, rig: Rig, place: Place, network: Network, start: int, left_s: float, *, profiles: bool
    ) -> None:
        """Ask what no load asks, and start the broker again on its data where that fits into `left_s`.

        With `profiles` the CPU of both and the time of a stop are profiled as well, as far as that fits.
        """
        if self.failed:
            return
        ends_s = time.monotonic() + left_s
        taken: list[Profile] = []

        def watched_stop(broker: BrokerProcess) -> None:
            taken.extend(while_connected(rig, network, broker, place, ends_s - time.monotonic()))
            taken.extend(of_a_stop(rig, network, broker, place, ends_s - time.monotonic()))

        try:
            begun_s = time.monotonic()
            watch = StageWatch(rig.metrics)
            asked = answers(rig, place, network, watch)
            told, took_s = dict(asked.told), time.monotonic() - begun_s
            # A broker that is slow to answer is as slow when it is asked again.
            if profiles and ends_s - time.monotonic() > took_s + ASKED_AGAIN_S:
                taken += while_asked(rig, network, asked.filled)
            profiles &= can_be_profiled_from_its_start(rig)
            left_s = ends_s - time.monotonic()
            if restart_fits(rig, start, left_s):
                told |= started_again(
                    rig, place, network, left_s, watched_stop if profiles else BrokerProcess.stop
                )
                again_s = known(told.get("restart_time"))
                if profiles and again_s is not None:
                    taken += of_a_restart(rig, place, network, again_s, ends_s - time.monotonic())
            of_start = tuple(dataclasses.replace(one, start=start) for one in taken)
            self.probes.append(Probe(rig.side, start, told, of_start, watch.stages_ms))
        except MeasurementFailed as error:
            self.fail(error, f"{rig.target.name}: ")

    def fail(self, error: MeasurementFailed, where: str = "") -> None:
        """Note that no more is to be gathered, and why."""
        self.failed = True
        self.lacking.append(Lacking("more", f"{where}evidence ended early: {error}"))

    def note_short_profiles(self, wanted_s: float | None, workloads: Sequence[Workload]) -> None:
        """Note under which workloads the CPU was profiled for less than the time that somebody has asked for."""
        if wanted_s is None:
            return
        for workload, side in itertools.product(workloads, SIDES):
            taken = [p for p in self.profiles if (p.side, p.workload, p.kind) == (side, workload.name, "cpu")]
            had_s = sum(p.window_s for p in taken)
            if taken and had_s < NEARLY * wanted_s:
                had = f"was profiled for {had_s:.0f} s and not for {wanted_s:.0f} s"
                why = f"time ran out, or a window ended at {MOST_BYTES >> 20} MiB of messages"
                self.lacking.append(Lacking("more", f"the CPU of {side} under {workload.title} {had}: {why}"))

    def lack_of(self, sort: Literal["profiles", "series"], why: str) -> None:
        """Note that there will be none of one sort, and why."""
        what = "time series" if sort == "series" else sort
        self.lacking.append(Lacking(sort, f"no {what} were taken: {why}"))

    def added_to(self, comparison: Comparison) -> Comparison:
        """Give a comparison with this evidence; what an earlier run gathered stays where this one has nothing.

        What an earlier run said that it could not gather is left out once there is something.
        """
        lacked = () if self.series or self.profiles else comparison.lacking
        have = {"series": bool(comparison.series), "profiles": bool(comparison.profiles), "more": False}
        looked = bool(self.profiles or self.missing_profiles)
        return dataclasses.replace(
            comparison,
            series=_newer(self.series, comparison.series),
            profiles=_newer(self.profiles, comparison.profiles)
            if _starts_of(self.profiles) >= _starts_of(comparison.profiles)
            else comparison.profiles,
            missing_profiles=tuple(self.missing_profiles) if looked else comparison.missing_profiles,
            probes=_newer(self.probes, comparison.probes),
            lacking=tuple(dict.fromkeys((*lacked, *(one for one in self.lacking if not have[one.sort])))),
        )


_OfSide = TypeVar("_OfSide", Series, Profile, Probe)


def _newer(gathered: Sequence[_OfSide], earlier: tuple[_OfSide, ...]) -> tuple[_OfSide, ...]:
    """Give what was gathered now, unless it lacks a side of which there was something before."""
    return tuple(gathered) if {one.side for one in gathered} >= {one.side for one in earlier} else earlier


def _starts_of(profiles: Sequence[Profile]) -> int:
    """Give how many starts of a side were profiled, of that which has fewer: with fewer of them less can be told."""
    return min(len({p.start for p in profiles if p.side == side}) for side in SIDES)


def _take_series(rig: Rig, others: Sequence[Rig], workload: Workload, duration_s: float) -> Series:
    begin_at_rest((rig, *others))
    with record([rig.process, rig.metrics]) as recording:
        window = run_load(rig, _longer(workload, duration_s), duration_s)
    return recording.series(rig.side, workload.name, window.first_send_ns, window.last_ack_ns)


def _take_profile(
    rig: Rig, others: Sequence[Rig], workload: Workload, kind: ProfileKind, duration_s: float
) -> Profile | MissingProfile:
    pid = rig.broker.pid
    if isinstance(pid, Unavailable):
        return MissingProfile(rig.side, workload.name, kind, pid.reason)
    if (reason := profilers.why_not(pid, kind)) is not None:
        return MissingProfile(rig.side, workload.name, kind, reason)
    if kind == "wall":
        # Half of the time for where threads wait, and first: a profiler's stops interrupt what waits.
        duration_s /= 2
        states, stored = _look_at_threads(rig, others, workload, pid, duration_s)
    else:
        states, stored = None, 0
    begin_at_rest((rig, *others))
    with profilers.record(pid, kind) as recording:
        window = run_load(rig, _longer(workload, duration_s), duration_s)
        # What the load left behind belongs to it, as it does in a slice that gates.
        wait_for_rest((rig,))
    taken = recording.profile(rig.side, workload.name, window.stored)
    if states is None or isinstance(taken, MissingProfile):
        return taken
    return dataclasses.replace(taken, waits=states.by_name(recording.thread_names, stored))


def _look_at_threads(
    rig: Rig, others: Sequence[Rig], workload: Workload, pid: int, duration_s: float
) -> tuple[ThreadStates, int]:
    """Look where threads wait under a load of their own; give also how many messages it stored."""
    begin_at_rest((rig, *others))
    states = ThreadStates(pid)
    with states.watched():
        window = run_load(rig, _longer(workload, duration_s), duration_s)
    return states, window.stored


def _longer(workload: Workload, duration_s: float) -> Workload:
    # The bound in bytes grows with the time, as far as the disk is asked to hold it.
    slice_bytes = int(workload.slice_bytes * max(1.0, duration_s / workload.slice_s))
    return dataclasses.replace(workload, slice_bytes=min(slice_bytes, MOST_BYTES))
