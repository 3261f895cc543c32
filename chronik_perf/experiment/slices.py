"""One slice: begun and ended empty, on a broker that is the right one, while the other rests."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence

from chronik_perf.experiment.quiet import Quiet
from chronik_perf.experiment.rig import LITTLE_PATIENCE_S, Rig, begin_at_rest, wait_for_rest
from chronik_perf.model import LoadWindow, Measured, MeasurementFailed, Slice, Unavailable, Workload
from chronik_perf.sampling.own_metrics import over_slice


def measure_slice(rig: Rig, others: Sequence[Rig], workload: Workload, duration_s: float) -> Slice:
    """Give one workload to one broker for `duration_s` (or its bound in bytes) and count what the log gained.

    The broker's metrics are read only while nothing is in flight, and its CPU window does not hold the reading.
    Raises MeasurementFailed if the broker is not the one that was started, died, or does not answer.
    """
    begun = Begun(rig)
    begin_at_rest((rig, *others))
    begun.at_rest()
    cpu_before = rig.cpu.read()
    window = run_load(rig, workload, duration_s)
    quiet = wait_for_rest((rig, *others))[0]
    return begun.ended(workload, window, until_quiet(rig, cpu_before, quiet), quiet)


class Begun:
    """What is read of a broker before a slice; with what is read after it, the slice."""

    def __init__(self, rig: Rig) -> None:
        """Make sure that the broker is the one that was started, and read its metrics while nothing is in flight."""
        rig.broker.verify_owner()
        self._rig = rig
        self._telemetry, self._own = rig.metrics.sample(), rig.metrics.own
        self._rss_bytes: Measured = Unavailable("not read")

    def at_rest(self) -> None:
        """Read the memory, when the broker rests from having told its metrics."""
        self._rss_bytes = self._rig.rss_bytes()

    def ended(self, workload: Workload, window: LoadWindow, cpu_s: Measured, quiet: Quiet) -> Slice:
        """Give the slice. Raises MeasurementFailed if nothing was stored, or the broker is not the same any more."""
        rig = self._rig
        if window.stored == 0:
            why = f": {window.errors[0]}" if window.errors else ""
            raise MeasurementFailed(
                f"{rig.target.name} stored none of {window.sent} messages of workload {workload.name}{why}"
                + (f"; its log is {rig.broker.log_path}" if rig.broker.log_path else "")
            )
        rss_after = rig.rss_bytes()
        telemetry = rig.metrics.sample()
        rig.broker.verify_owner()
        return Slice(
            workload=workload.name,
            load=window,
            broker_cpu_s=cpu_s,
            quiet_s=quiet.after_s,
            rss_before_bytes=self._rss_bytes,
            rss_after_bytes=rss_after,
            telemetry={
                name: telemetry[name] - before
                for name, before in self._telemetry.items()
                if name in rig.metrics.counters and name in telemetry
            },
            own=over_slice(self._own, rig.metrics.own),
        )


def run_load(rig: Rig, workload: Workload, duration_s: float) -> LoadWindow:
    """Load a broker once. Raises MeasurementFailed as `under_load` does."""
    with under_load(rig):
        return rig.loads[workload.name].run(duration_s, workload.slice_bytes)


@contextlib.contextmanager
def under_load(rig: Rig) -> Iterator[None]:
    """Ask something of a broker in here: it is not known to rest any more.

    Raises MeasurementFailed, naming what lies behind a load that fails: the broker's end, or a stranger on its port.
    """
    rig.rested_at = -math.inf
    try:
        yield
    except MeasurementFailed as error:
        raise rig.broker.cause_of(error) from None


def until_quiet(rig: Rig, before: Measured, quiet: Quiet) -> Measured:
    """Give the CPU of a slice with all that it left behind; where that never ends, as far as it was waited for."""
    if isinstance(quiet.after_s, Unavailable) and rig.patience_s > LITTLE_PATIENCE_S:
        return quiet.after_s
    if isinstance(before, Unavailable):
        return before
    return quiet.cpu_s if isinstance(quiet.cpu_s, Unavailable) else quiet.cpu_s - before
