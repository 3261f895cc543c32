"""Warm-up ends when the series of short windows is steady, and says when it never was."""

from __future__ import annotations

from collections.abc import Sequence

from chronik_perf.experiment.pacing import no_faster
from chronik_perf.experiment.rig import Rig, begin_at_rest, wait_for_rest
from chronik_perf.experiment.slices import run_load
from chronik_perf.model import Unavailable, Workload
from chronik_perf.stats import steady

WINDOW_S = 0.04
MOST = 10
LEAST = 4
LEFTOVERS_S = 0.02


def warm_up(rig: Rig, others: Sequence[Rig], workload: Workload) -> None:
    """Load one broker in short windows until its throughput is steady, and note whether it became so.

    A target that compiles while it runs asks for a least time of load. A start that never becomes steady is kept and
    marked, since a leak is unsteady by nature. Without acknowledgements windows are bounded by what the broker stores:
    those of one fifteen times slower took most of a block.
    """
    rates: list[float] = []
    bounded = workload
    begin_at_rest((rig, *others))
    leftovers = False
    loaded_s = 0.0
    while loaded_s < rig.target.least_warm_up_s or len(rates) < MOST:
        if leftovers:
            begin_at_rest((rig, *others))
        window = run_load(rig, bounded, WINDOW_S)
        if not rates:
            # Of a broker that puts work off, it would pile up from window to window and fall into the first slice.
            after = wait_for_rest((rig,))[0].after_s
            leftovers = rig.watched and (isinstance(after, Unavailable) or after > LEFTOVERS_S)
        loaded_s += WINDOW_S
        rates.append(window.stored / window.window_s if window.window_s > 0 else 0.0)
        bounded = no_faster(workload, max(rates), WINDOW_S)
        if len(rates) >= LEAST and loaded_s >= rig.target.least_warm_up_s and steady(rates[-MOST:]):
            break
    rig.steady[workload.name] = steady(rates[-MOST:])
