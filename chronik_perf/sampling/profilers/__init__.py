"""Profilers: one file for each, behind one small interface. Which one is used follows from what the process runs.

A new profiler is one file and one line in `PROFILERS`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

from chronik_perf.model import ProfileKind, Unavailable
from chronik_perf.sampling.profilers.async_profiler import AsyncProfiler
from chronik_perf.sampling.profilers.linux_perf import LinuxPerf
from chronik_perf.sampling.profilers.pyspy import CLOSE_HZ, PySpy
from chronik_perf.sampling.profilers.recording import Recording
from chronik_perf.sampling.profilers.runtime import Runtime, runtime_of
from chronik_perf.sampling.profilers.whole_life import whole_life

__all__ = [
    "PROFILERS",
    "Profiler",
    "Recording",
    "profiler_of",
    "profiles_lives",
    "record",
    "record_closely",
    "whole_life",
    "why_not",
]


class Profiler(Protocol):
    """What can sample the stacks of a process that runs already."""

    @property
    def name(self) -> str: ...

    def fits(self, runtime: Runtime) -> bool:
        """Tell whether this is the profiler for such a process, be it present or not."""
        ...

    def unavailable(self, kind: ProfileKind) -> str | None:
        """Say why there can be no profile of this kind of any process here; None where it can be tried."""
        ...

    def record(self, pid: int, kind: ProfileKind) -> contextlib.AbstractContextManager[Recording]:
        """Profile the process while the block runs; why there is no profile is in the recording's `missing`.

        For a process that fits, where nothing is `unavailable`. Raises nothing of its own, leaves no process and no
        file, and the profiled process goes on.
        """
        ...


# The first that fits is taken; the last fits everything.
PROFILERS: tuple[Profiler, ...] = (PySpy(), AsyncProfiler(), LinuxPerf())


def profiler_of(pid: int) -> Profiler | Unavailable:
    """Give the profiler that fits a process; Unavailable where the process cannot be looked at."""
    runtime = runtime_of(pid)
    if isinstance(runtime, Unavailable):
        return runtime
    return next(profiler for profiler in PROFILERS if profiler.fits(runtime))


def profiles_lives(pid: int) -> bool:
    """Tell whether a program such as this process could be profiled from its start on, see `whole_life`."""
    return isinstance(profiler_of(pid), PySpy) and why_not(pid, "cpu") is None


def record_closely(pid: int, kind: ProfileKind) -> contextlib.AbstractContextManager[Recording]:
    """Profile a program that `profiles_lives` while the block runs, with more samples than a load would bear."""
    return PySpy().record(pid, kind, CLOSE_HZ)


def why_not(pid: int, kind: ProfileKind) -> str | None:
    """Say why there can be no profile of this kind of a process; None where it can be tried."""
    profiler = profiler_of(pid)
    return profiler.reason if isinstance(profiler, Unavailable) else profiler.unavailable(kind)


@contextlib.contextmanager
def record(pid: int, kind: ProfileKind) -> Iterator[Recording]:
    """Profile a process, whatever it runs, while the block runs; see `Profiler.record`."""
    profiler, missing = profiler_of(pid), why_not(pid, kind)
    if isinstance(profiler, Unavailable) or missing is not None:
        yield Recording(kind, missing)
        return
    with profiler.record(pid, kind) as recording:
        yield recording
