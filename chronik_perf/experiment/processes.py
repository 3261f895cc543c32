"""What a broker and its load processes have used and hold when a start's load is over."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from chronik_perf.load import LoadProcess
from chronik_perf.model import OPEN_ON, Measured, Unavailable
from chronik_perf.sampling.open_files import open_files
from chronik_perf.sampling.process import ProcessSampler


def sampled(
    broker: ProcessSampler, pid: int | Unavailable, loads: Mapping[str, LoadProcess]
) -> dict[str, Measured]:
    """Sample each process once, with the reason where a value is missing; what is a load's is called so."""
    values: dict[str, Measured] = {}
    samplers = {"": broker, **{f"load {name}: ": ProcessSampler(load.pid) for name, load in loads.items()}}
    for prefix, sampler in samplers.items():
        values.update({prefix + name: value for name, value in sampler.sample().items()})
        values.update({prefix + name: Unavailable(why) for name, why in sampler.unavailable.items()})
    return values | _open_on(pid)


def _open_on(pid: int | Unavailable) -> dict[str, Measured]:
    # What cannot be read is told already: the number of descriptors is unavailable for the same reason.
    with contextlib.suppress(OSError):
        if not isinstance(pid, Unavailable):
            return {f"{OPEN_ON}{kind}": float(number) for kind, number in open_files(pid).items()}
    return {}
