"""A process with a bounded life: whatever happens to the call that started it, nothing of it is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from chronik_perf.interrupts import held_back
from chronik_perf.leash import Child
from chronik_perf.printing import one_line
from chronik_perf.targets.lock import BuildLock

_LONGEST = 300


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    env: dict[str, str],
    cwd: Path | None = None,
    stdout: int | IO[bytes],
    stderr: int,
    lock: BuildLock | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command that reads nothing, in a session of its own, and end it and its children afterwards.

    Only SIGKILL of this process leaves it; it then holds the lock open. Raises OSError if it cannot be started.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        with held_back():
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                pass_fds=() if lock is None else (lock.fileno(),),
                start_new_session=True,  # its children end with it, and a terminal's Ctrl-C is for the toolkit alone
            )
            if lock is not None:
                lock.started(process.pid)
        yield process
    finally:
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


@contextlib.contextmanager
def leashed(
    command: Sequence[str], *, env: dict[str, str], cwd: Path, log_path: Path, lock: BuildLock | None
) -> Iterator[Child]:
    """Start a command that may start anything, and end all of it afterwards: a daemon that it left, too.

    What it says goes to a log of its own. Raises OSError if that cannot be written, MeasurementFailed if the command
    cannot be started.
    """
    log_path.write_bytes(b"")
    child: Child | None = None
    try:
        with held_back():
            held = () if lock is None else (lock.fileno(),)
            child = Child(command, env=env, core=None, log_path=log_path, cwd=str(cwd), pass_fds=held)
            if lock is not None:
                lock.started(child.session)
        yield child
    finally:
        if child is not None:
            child.kill()


def lines_of(said: bytes) -> list[str]:
    """Give what a process said, a line each, as it may be shown on a terminal; without empty lines."""
    lines = map(one_line, said.decode(errors="replace").splitlines())
    return [line[:_LONGEST] for line in lines if line.strip()]
