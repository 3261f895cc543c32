"""Bounds a load without acknowledgements by what the broker stores.

What is sent faster is queued, and a window lasts until all of it is stored: half a minute for three seconds of load on
a side that has become fifteen times slower.
"""

from __future__ import annotations

import dataclasses

from chronik_perf.model import Comparison, Side, Workload, known, metric


def no_faster(workload: Workload, stored_msgs_per_s: float, over_s: float) -> Workload:
    """Give the workload; without acknowledgements a window sends no more than the broker stores in so many seconds."""
    stored_bytes = int(stored_msgs_per_s * over_s * workload.message_size_bytes)
    if workload.acks != 0 or not stored_bytes:
        return workload
    return dataclasses.replace(workload, slice_bytes=min(workload.slice_bytes, stored_bytes))


def paced(comparison: Comparison, side: Side) -> tuple[Workload, ...]:
    """Give the workloads; without acknowledgements a slice sends no more than the side stored in its time at the best.

    Unbounded, evidence on a slow side left no time for the profiles of a second start.
    """
    bounded = []
    for workload in comparison.workloads:
        rates = [
            known(metric("throughput").take(b.side(side), workload.name)) or 0.0
            for b in comparison.kept_blocks
        ]
        bounded.append(no_faster(workload, max(rates, default=0.0), workload.slice_s))
    return tuple(bounded)
