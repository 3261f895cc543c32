"""What the operating system knows about a process: memory, threads, switches, descriptors, bytes written."""

from __future__ import annotations

import os
from collections.abc import Callable

import psutil

from chronik_perf.model import Measured, Unavailable


class ProcessSampler:
    """Reads a process by psutil. A value that this user may not read is left out and unavailable."""

    counters = frozenset({"cpu_s", "context_switches", "written_bytes"})

    def __init__(self, pid: int) -> None:
        self.unavailable: dict[str, str] = {}
        self._pid = pid
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.Error:
            self._process = None

    def sample(self) -> dict[str, float]:
        """Give cpu_s (10 ms ticks), rss_bytes, threads, context_switches, descriptors and written_bytes.

        `context_switches` are those of the threads that are alive, `written_bytes` what was written through
        the page cache to disks.
        """
        values: dict[str, float] = {}
        self.unavailable = {}
        process = self._process
        if process is None:
            self.unavailable = dict.fromkeys(_NAMES, f"process {self._pid} has ended")
            return values
        readers: dict[str, Callable[[], float]] = {
            "cpu_s": lambda: sum(process.cpu_times()[:2]),
            "rss_bytes": lambda: process.memory_info().rss,
            "threads": process.num_threads,
            "context_switches": lambda: _context_switches(self._pid),
            "descriptors": process.num_fds,
            "written_bytes": lambda: process.io_counters().write_bytes,
        }
        with process.oneshot():
            for name, reader in readers.items():
                try:
                    values[name] = float(reader())
                except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                    self.unavailable[name] = f"process {self._pid} has ended"
                except (psutil.AccessDenied, PermissionError):
                    self.unavailable[name] = f"this user may not read it of process {self._pid}"
        return values

    def rss_bytes(self) -> Measured:
        """Give resident memory alone, which is quick enough to read around every slice."""
        try:
            if self._process is not None:
                return float(self._process.memory_info().rss)
        except psutil.Error:
            pass
        return Unavailable(f"the memory of process {self._pid} cannot be read: it has ended")


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
