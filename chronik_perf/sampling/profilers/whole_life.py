"""A profile of a Python program's whole life, by py-spy as its parent: a start is over before anybody could attach."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chronik_perf.sampling.cpu import CpuClock, thread_cpu_s
from chronik_perf.sampling.profilers.pyspy import RATE_HZ, options, read_samples, version_here
from chronik_perf.sampling.profilers.recording import Recording


@dataclass(slots=True)
class Life:
    """What is put in front of the program's command, and what it used of the CPU up to the last look at it."""

    wrap: list[str]
    begun_s: float = field(default_factory=time.monotonic)
    used_s: dict[int, float] = field(default_factory=dict)

    def look(self, pid: int, recording: Recording) -> None:
        """Read what the program has used so far; to be called when it is about to end."""
        self.used_s = thread_cpu_s(pid)
        recording.cpu_s = CpuClock(pid).read()
        recording.window_s = time.monotonic() - self.begun_s


@contextlib.contextmanager
def whole_life() -> Iterator[tuple[Life, Recording]]:
    """Profile a program's CPU from its start on; the program must have ended when the block is left.

    Where there is no profile the recording says why, and then the wrap may be empty.
    """
    recording = Recording("cpu", profiler=version_here(), rate_hz=RATE_HZ)
    with recording.scratch() as folder:
        if folder is None:
            yield Life([]), recording
            return
        out = Path(folder, "stacks.txt")
        life = Life([*options("cpu", out, RATE_HZ), "--"])
        yield life, recording
        read_samples(recording, out, life.used_s)
