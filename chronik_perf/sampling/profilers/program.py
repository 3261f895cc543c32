"""A profiler that is a program of its own: started beside what it profiles, and ended whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from chronik_perf.interrupts import held_back

_END_LIMIT_S = 10.0


@contextlib.contextmanager
def running(
    command: Sequence[str], *, pid: int, said: Path, pass_fds: Sequence[int] = (), stops: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a profiler of process `pid` while the block runs, on a core that neither that one nor the caller has.

    Where there is none, one that `stops` the process for each sample shares its core: beside a load it would be kept
    waiting while what it has stopped stands still. Any other shares the caller's. It is asked to write what it has by
    SIGINT, and killed if it does not end. `said` gets its standard error; its standard output can be read. Raises
    OSError if it cannot be started.
    """
    profiler: subprocess.Popen[bytes] | None = None
    try:
        with held_back(), said.open("wb") as errors:
            profiler = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=pass_fds,
                start_new_session=True,  # Ctrl-C reaches it through the toolkit alone
            )
        for cores in _cores_for(pid, stops):
            # A container may not have the cores that its machine has.
            with contextlib.suppress(OSError):
                os.sched_setaffinity(profiler.pid, cores)
                break
        yield profiler
    finally:
        if profiler is not None:
            _end(profiler)


def _cores_for(pid: int, stops: bool) -> list[set[int]]:
    """Give the cores that it may have, the best first."""
    mine, its = os.sched_getaffinity(0), os.sched_getaffinity(pid)
    free = set(range(os.cpu_count() or 1)) - mine - its
    shared = its - mine or its
    return [cores for cores in (free, shared if stops else mine - its) if cores]


def _end(profiler: subprocess.Popen[bytes]) -> None:
    try:
        with contextlib.suppress(ProcessLookupError):
            profiler.send_signal(signal.SIGINT)
        profiler.communicate(timeout=_END_LIMIT_S)
    except BaseException as error:
        profiler.kill()
        profiler.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):  # a second Ctrl-C
            raise
