"""CPU seconds of a process by the scheduler's clock."""

from __future__ import annotations

import contextlib
import ctypes
import os
import time

from chronik_perf.model import Measured, Unavailable

_getcpuclockid = ctypes.CDLL(None).clock_getcpuclockid
_getcpuclockid.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_int)]


class CpuClock:
    """Reads what a process has used of the CPU so far, in half a microsecond.

    This is the process's POSIX CPU-time clock, clock_getcpuclockid(3): the sum of the scheduler's
    nanoseconds that /proc/PID/task/*/schedstat shows too, but with the threads that have ended, whose time
    vanishes from there; /proc/PID/schedstat is the main thread alone. Any user may read it. For a thread
    that is running at this moment the kernel's figure is as old as the last tick (up to 10 ms), for one
    that sleeps it is exact: read it when the broker is quiet. psutil's CPU times tick in 10 ms always.

    A process that may not be looked at is given as the reason: all is unavailable then.
    """

    def __init__(self, pid: int | Unavailable) -> None:
        self._clock: int | None = None
        self._pid: int | None = None
        if isinstance(pid, Unavailable):
            self._why = pid.reason
            return
        clock = ctypes.c_int()
        error = _getcpuclockid(pid, ctypes.byref(clock))
        self._pid = pid
        self._clock = clock.value if error == 0 else None
        self._why = f"the CPU clock of process {pid} cannot be read: {os.strerror(error)}"

    def read(self) -> Measured:
        """Give the CPU seconds since the process began; Unavailable once it is gone."""
        if self._clock is None:
            return Unavailable(self._why)
        try:
            return time.clock_gettime_ns(self._clock) / 1e9
        except OSError:
            return Unavailable(f"process {self._pid} has ended")

    def runnable(self) -> bool:
        """Tell whether any thread of the process is seen to run at this moment or to wait for a core."""
        if self._pid is None:
            return False
        try:
            for task in os.listdir(f"/proc/{self._pid}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{self._pid}/task/{task}/stat") as file:
                    # The state is the field behind the name, which may itself hold spaces and parentheses.
                    if file.read().rpartition(")")[2].split(maxsplit=1)[0] == "R":
                        return True
        except OSError:
            return False
        return False


def thread_cpu_s(pid: int) -> dict[int, float]:
    """Give the CPU seconds of each living thread by its id, from the scheduler's own account; {} if it is gone."""
    found: dict[int, float] = {}
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/schedstat") as file:
                found[int(task)] = int(file.read().split()[0]) / 1e9
    except OSError:
        return {}
    return found
