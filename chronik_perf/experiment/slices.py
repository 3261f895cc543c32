"""One slice: begun and ended empty, on a broker that is the right one, while the other rests."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chronik_perf.experiment.quiet import Quiet
from chronik_perf.experiment.rig import LITTLE_PATIENCE_S, Rig, begin_at_rest, wait_for_rest
from chronik_perf.model import LoadWindow, Measured, MeasurementFailed, Slice, Unavailable, Workload
from chronik_perf.sampling.own_metrics import over_slice


def measure_slice(rig: Rig, others: Sequence[Rig], workload: Workload, duration_s: float) -> Slice:
    """Give one workload to one broker for `duration_s` (or its bound in bytes) and count what the log gained.

    The broker's metrics are read only while nothing is in flight, and its CPU window does not hold the reading.
    Raises MeasurementFailed if the broker is not the one that was started, died, or does not answer.
    """
    rig.broker.verify_owner()
    telemetry_before, own_before = rig.metrics.sample(), rig.metrics.own
    begin_at_rest((rig, *others))
    rss_before, cpu_before = rig.rss_bytes(), rig.cpu.read()
    window = run_load(rig, workload, duration_s)
    if window.stored == 0:
        why = f": {window.errors[0]}" if window.errors else ""
        raise MeasurementFailed(
            f"{rig.target.name} stored none of {window.sent} messages of workload {workload.name}{why}"
            + (f"; its log is {rig.broker.log_path}" if rig.broker.log_path else "")
        )
    quiet = wait_for_rest((rig, *others))[0]
    rss_after = rig.rss_bytes()
    telemetry_after = rig.metrics.sample()
    rig.broker.verify_owner()
    return Slice(
        workload=workload.name,
        load=window,
        broker_cpu_s=_until_quiet(rig, cpu_before, quiet),
        quiet_s=quiet.after_s,
        rss_before_bytes=rss_before,
        rss_after_bytes=rss_after,
        telemetry={
            name: telemetry_after[name] - before
            for name, before in telemetry_before.items()
            if name in rig.metrics.counters and name in telemetry_after
        },
        own=over_slice(own_before, rig.metrics.own),
    )


def run_load(rig: Rig, workload: Workload, duration_s: float) -> LoadWindow:
    """Load a broker once. Raises MeasurementFailed, naming what lies behind: its end, or a stranger on its port."""
    rig.rested_at = -math.inf
    try:
        return rig.loads[workload.name].run(duration_s, workload.slice_bytes)
    except MeasurementFailed as error:
        raise rig.broker.cause_of(error) from None


def _until_quiet(rig: Rig, before: Measured, quiet: Quiet) -> Measured:
    """Give the CPU of a slice with all that it left behind; where that never ends, as far as it was waited for."""
    if isinstance(quiet.after_s, Unavailable) and rig.patience_s > LITTLE_PATIENCE_S:
        return quiet.after_s
    if isinstance(before, Unavailable):
        return before
    return quiet.cpu_s if isinstance(quiet.cpu_s, Unavailable) else quiet.cpu_s - before
