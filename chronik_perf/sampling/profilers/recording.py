"""What a profiler gives: stacks with the window and the CPU that they stand for, or why there are none."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from chronik_perf.model import Measured, MissingProfile, Profile, ProfileKind, Side, Unavailable
from chronik_perf.sampling.cpu import CpuClock
from chronik_perf.sampling.families import family

RATE_HZ = 250  # of a profiler that has no reason for another


class Recording:
    """One profile. Complete when `record` is left: either `stacks` or `missing`, the reason, is filled.

    `stacks` maps "thread;outer;inner" to samples, a frame being `function (short file or module)` without a line, so
    that a line which moved renames nothing; threads go by name, those of one name together. `window_s` and `cpu_s` are
    wall time and the process's CPU seconds (scheduler's clock) between the first sample and the last. `profiler` is
    what takes it, with its version. `thread_names` has the names that it knows of threads, by the kernel's id.
    """

    def __init__(
        self, kind: ProfileKind, missing: str | None = None, profiler: str = "", rate_hz: int = RATE_HZ
    ) -> None:
        self.kind: ProfileKind = kind
        self.profiler = profiler
        self.rate_hz = rate_hz
        self.stacks: dict[str, int] = {}
        self.missing = missing
        self.window_s = 0.0
        self.cpu_s: Measured = Unavailable("nothing was recorded")
        self.thread_names: dict[int, str] = {}

    @property
    def samples(self) -> int:
        """Samples of all threads together."""
        return sum(self.stacks.values())

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path | None]:
        """Give a folder for what the profiler writes, removed afterwards; None, and why in `missing`, without one."""
        try:
            folder = tempfile.TemporaryDirectory(prefix="chronik-perf-")
        except OSError as error:
            where = Path(error.filename).parent if error.filename else "any of the usual places"
            self.missing = (
                f"{self.profiler} needs a temporary folder, and none can be made in {where} ({error.strerror}); let "
                "TMPDIR name one that this user may write"
            )
            yield None
            return
        with folder as name:
            yield Path(name)

    @contextlib.contextmanager
    def window(self, pid: int) -> Iterator[None]:
        """Measure the window, which is the block, and what the process uses of the CPU in it."""
        clock = CpuClock(pid)
        begun, before = time.monotonic(), clock.read()
        yield
        self.window_s = time.monotonic() - begun
        after = clock.read()
        if isinstance(before, Unavailable) or isinstance(after, Unavailable):
            self.cpu_s = before if isinstance(before, Unavailable) else after
        else:
            self.cpu_s = after - before

    def profile(self, side: Side, workload: str, stored: int) -> Profile | MissingProfile:
        """Give it in the words of the model, threads of one family together; `stored` is what the log gained."""
        if self.missing is not None:
            return MissingProfile(side, workload, self.kind, self.missing)
        stacks: Counter[str] = Counter()
        for stack, samples in self.stacks.items():
            thread, *frames = stack.split(";")
            stacks[";".join((family(thread), *frames))] += samples
        return Profile(
            side=side,
            workload=workload,
            kind=self.kind,
            rate_hz=self.rate_hz,
            samples=self.samples,
            window_s=self.window_s,
            cpu_s=self.cpu_s,
            stored=stored,
            stacks=dict(stacks),
            profiler=self.profiler,
        )
