"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chronik_perf.sampling.doctor import clock, cores, disk, limits, profilers, speed
from chronik_perf.sampling.doctor.check import Check
from chronik_perf.sampling.machine import choose_cores


def examine(data: Path, seconds: float, traced: int | None) -> Iterator[Check]:
    """Look at this machine; `data` is an existing folder where the brokers' data would lie.

    `seconds` are shared by the checks that repeat something (core speed most of all); the profilers add about three.
    `traced` is a running Python process to which py-spy is attached; None leaves the profilers away.
    """
    broker, _, _ = choose_cores()
    yield cores.pinning()
    yield cores.smt()
    yield cores.quota()
    yield speed.frequency(broker)
    yield speed.others_busy(min(0.5, 0.1 * seconds))
    before = speed.cpu_ticks()
    yield speed.core_speed(broker, 0.6 * seconds)
    yield speed.steal(before, speed.cpu_ticks())
    yield clock.clock_source()
    yield clock.wake_up(0.1 * seconds)
    yield disk.file_system(data)
    yield disk.sync(data, 0.2 * seconds)
    yield disk.free_space(data)
    yield limits.open_files()
    yield limits.namespaces()
    if traced is not None:
        yield profilers.profiler(traced)
        yield profilers.linux_perf()
        yield profilers.async_profiler()
