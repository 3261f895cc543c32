"""What the operating system knows about a process: memory, threads, switches, descriptors, bytes written."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

import psutil

from chronik_perf.model import Measured, Unavailable


class ProcessSampler:
    """Reads a process by psutil. A value that this user may not read is left out and unavailable.

    A process that may not be looked at is given as the reason: all is unavailable then.
    """

    counters = frozenset({"cpu_s", "context_switches", "written_bytes"})

    def __init__(self, pid: int | Unavailable) -> None:
        self.unavailable: dict[str, str] = {}
        self._process: psutil.Process | None = None
        if isinstance(pid, Unavailable):
            self._gone = pid.reason
            return
        self._gone = f"process {pid} has ended"
        with contextlib.suppress(psutil.Error):
            self._process = psutil.Process(pid)

    def sample(self) -> dict[str, float]:
        """Give cpu_s (10 ms ticks), rss_bytes, threads, context_switches, descriptors and written_bytes.

        `context_switches` are those of the threads that are alive, `written_bytes` what was written through
        the page cache to disks.
        """
        values: dict[str, float] = {}
        self.unavailable = {}
        process = self._process
        if process is None:
            self.unavailable = dict.fromkeys(_NAMES, self._gone)
            return values
        readers: dict[str, Callable[[], float]] = {
            "cpu_s": lambda: sum(process.cpu_times()[:2]),
            "rss_bytes": lambda: process.memory_info().rss,
            "threads": process.num_threads,
            "context_switches": lambda: _context_switches(process.pid),
            "descriptors": process.num_fds,
            "written_bytes": lambda: process.io_counters().write_bytes,
        }
        with process.oneshot():
            for name, reader in readers.items():
                try:
                    values[name] = float(reader())
                except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                    self.unavailable[name] = self._gone
                except (psutil.AccessDenied, PermissionError):
                    self.unavailable[name] = f"this user may not read it of process {process.pid}"
        return values

    def written_bytes(self) -> Measured:
        """Give what was written through the page cache to disks."""
        return self._alone("what it writes", lambda process: process.io_counters().write_bytes)

    def descriptors(self) -> Measured:
        """Give how many descriptors are open."""
        return self._alone("its descriptors", lambda process: process.num_fds())

    def descriptors_left(self) -> Measured:
        """Give how many more descriptors may be open."""

        def left(process: psutil.Process) -> int:
            most = process.rlimit(psutil.RLIMIT_NOFILE)[0]
            return (sys.maxsize if most == psutil.RLIM_INFINITY else most) - process.num_fds()

        return self._alone("its descriptors", left)

    def threads(self) -> Measured:
        """Give how many threads there are."""
        return self._alone("its threads", lambda process: process.num_threads())

    def rss_bytes(self) -> Measured:
        """Give resident memory alone, which is quick enough to read around every slice."""
        return self._alone("its memory", lambda process: process.memory_info().rss)

    def _alone(self, what: str, read: Callable[[psutil.Process], int]) -> Measured:
        try:
            if self._process is not None:
                return float(read(self._process))
        except psutil.AccessDenied:
            return Unavailable(f"{what} cannot be read: this user may not")
        except psutil.Error:
            pass
        return Unavailable(f"{what} cannot be read: {self._gone}")


_NAMES = ("cpu_s", "rss_bytes", "threads", "context_switches", "descriptors", "written_bytes")


def _context_switches(pid: int) -> int:
    # psutil's own figure is that of the main thread alone.
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/status") as file:
                total += sum(int(line.split()[1]) for line in file if "_ctxt_switches" in line)
        except (FileNotFoundError, ProcessLookupError):  # a thread that ended in between
            continue
    return total
