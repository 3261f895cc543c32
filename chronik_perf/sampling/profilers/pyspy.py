"""Profiles by py-spy: folded stacks of a Python broker over one load's window.

py-spy attaches when the load begins and leaves when it has ended, so start-up and warm-up are not in the
profile, and the broker goes on. Under Yama's scope 1 a process may attach to its descendants only, or where
the target has named it: `leash/leash.py` names the toolkit (PR_SET_PTRACER), whose descendant py-spy is.
Started as the broker's parent, which is the other way, py-spy records the whole life, and nothing that it
writes can be cut to a window: its folded and speedscope files have no time stamps, and a chrometrace without idle
samples shows a thread that went to sleep as going on with what it did.

Samples are taken in blocking mode: without, 5-9 % of the stacks are torn and show calls that never were.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from chronik_perf.model import ProfileKind
from chronik_perf.sampling.cpu import thread_cpu_s
from chronik_perf.sampling.folding import merged, read_raw, weighted_by_cpu
from chronik_perf.sampling.profilers.program import running
from chronik_perf.sampling.profilers.recording import Recording
from chronik_perf.sampling.profilers.runtime import Runtime

# On the core of what it stops. There the reference broker uses as much CPU for a message as with 250, and with 1,000
# 5 % more; on the core of the load some starts with 500 stored a fifth.
RATE_HZ = 500
CLOSE_HZ = 1000  # where what it takes from the broker is in no figure
_ATTACH_LIMIT_S = 10.0


class PySpy:
    """Profiles Python: "cpu" busy samples only, each thread by its CPU seconds; "wall" idle ones as well."""

    name = "py-spy"

    def fits(self, runtime: Runtime) -> bool:
        """Take what a CPython interprets."""
        return runtime.is_python

    def unavailable(self, kind: ProfileKind) -> str | None:
        """Say that it is not installed, or does not run, where that is so."""
        program = _program()
        if program is None:
            return "py-spy is not installed (pip install py-spy)"
        return None if _version(program) else f"{program} does not run (pip install --force-reinstall py-spy)"

    @contextlib.contextmanager
    def record(self, pid: int, kind: ProfileKind, rate_hz: int = RATE_HZ) -> Iterator[Recording]:
        """Profile a running process while the block runs."""
        recording = Recording(kind, profiler=version_here(), rate_hz=rate_hz)
        with recording.scratch() as folder:
            if folder is None:
                yield recording
                return
            out, said = Path(folder, "stacks.txt"), Path(folder, "said.txt")
            command = [*options(kind, out, rate_hz), "--pid", str(pid)]
            with running(command, pid=pid, said=said, stops=True) as spy:
                recording.missing = _await_sampling(spy, pid)
                with recording.window(pid):
                    threads_before = thread_cpu_s(pid)
                    yield recording
                used_s = {t: s - threads_before.get(t, 0.0) for t, s in thread_cpu_s(pid).items()}
            if recording.missing is None and spy.returncode == -signal.SIGKILL:
                recording.missing = f"py-spy did not write the samples of process {pid} in time"
            if recording.missing is None:
                read_samples(recording, out, used_s)
            if recording.missing is not None:
                recording.missing += _reason(said.read_text())


def read_samples(recording: Recording, out: Path, used_s: Mapping[int, float]) -> None:
    """Put what py-spy has written into a recording, or why that cannot be; `used_s` are CPU seconds by thread id."""
    try:
        threads = read_raw(out.read_text()) if out.exists() else []
    except (OSError, ValueError) as error:
        recording.missing = f"py-spy's samples cannot be read: {error}"
        return
    recording.thread_names = {one.tid: one.name for one in threads if one.tid is not None}
    recording.stacks = weighted_by_cpu(threads, used_s) if recording.kind == "cpu" else merged(threads)
    if not recording.stacks:
        recording.missing = "py-spy took no sample"


def version_here() -> str:
    """Give "py-spy 0.4.1", as the one that is used says of itself."""
    return _version(_program() or PySpy.name) or PySpy.name


def _program() -> str | None:
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy")


@functools.cache
def _version(program: str) -> str:
    """Give "py-spy 0.4.1", as it says itself; empty where it says nothing."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=_ATTACH_LIMIT_S)
        return done.stdout.strip()[:60]
    return ""


def options(kind: ProfileKind, out: Path, rate_hz: int) -> list[str]:
    """Give the command of a recording, to which a process or a program is still to be added."""
    return [
        *(_program() or "py-spy", "record", "--rate", str(rate_hz), "--threads", "--nolineno"),
        *("--format", "raw", "--output", str(out)),
        *(["--idle"] if kind == "wall" else []),
    ]


def _await_sampling(spy: subprocess.Popen[bytes], pid: int) -> str | None:
    """Wait until the first sample is about to be taken; give the reason if there will be none."""
    assert spy.stdout is not None
    heard = b""
    deadline = time.monotonic() + _ATTACH_LIMIT_S
    while b"Sampling process" not in heard:
        ready, _, _ = select.select([spy.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return f"py-spy did not begin to sample process {pid} within {_ATTACH_LIMIT_S:g} s"
        some = os.read(spy.stdout.fileno(), 4096)
        if not some:
            return f"py-spy cannot profile process {pid}"
        heard += some
    return None


def _reason(said: str) -> str:
    """Put py-spy's own words in parentheses; empty where it said nothing."""
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    if "Permission Denied" in said:
        if not scope.exists() or scope.read_text().strip() == "0":
            return " (this user may not attach to it)"
        # The permission that the leash gives to the toolkit is not inherited by a shell's child.
        return (
            f" (this user may not attach to it under ptrace scope {scope.read_text().strip()}; "
            "under scope 1 a shell that starts the broker must do so by exec)"
        )
    words = next(
        (line.removeprefix("Error: ") for line in said.splitlines() if line.startswith("Error: ")), ""
    )
    return f" ({words})" if words else ""
