"""Profiles by py-spy: folded stacks of a Python broker over one load's window.

py-spy attaches when the load begins and leaves when it has ended, so start-up and warm-up are not in the
profile, and the broker goes on. Under Yama's scope 1 a process may attach to its descendants only, or where
the target has named it: `sut/leash.py` names the toolkit (PR_SET_PTRACER), whose descendant py-spy is.
Started as the broker's parent, which is the other way, py-spy records the whole life, and nothing that it
writes can be cut to a window: its folded and speedscope files have no time stamps, and a chrometrace without idle
samples shows a thread that went to sleep as going on with what it did.

Samples are taken in blocking mode: without, 5-9 % of the stacks are torn and show calls that never were.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from chronik_perf.model import Measured, MissingProfile, Profile, ProfileKind, Side, Unavailable
from chronik_perf.sampling.cpu import CpuClock, thread_cpu_s
from chronik_perf.sampling.folding import merged, read_raw, weighted_by_cpu

RATE_HZ = 100
_ATTACH_LIMIT_S = 10.0
_WRITE_LIMIT_S = 10.0


def unavailable_reason() -> str | None:
    """Say why there can be no profile at all; None where py-spy is installed."""
    return None if _program() else "py-spy is not installed (pip install py-spy)"


class Recording:
    """One profile. Complete when `record` is left: either `stacks` or `missing`, the reason, is filled.

    `stacks` maps "thread;outer;inner" to samples, a frame being `function (short file)` without a line, so that
    a line which moved renames nothing; threads go by name, those of one name together. In a CPU profile each
    thread counts by its CPU seconds (`folding.weighted_by_cpu`). `window_s` and `cpu_s` are wall time and the
    process's CPU seconds (scheduler's clock) between the first sample and the last.
    """

    def __init__(self, kind: ProfileKind, rate_hz: int) -> None:
        self.kind: ProfileKind = kind
        self.rate_hz = rate_hz
        self.stacks: dict[str, int] = {}
        self.missing: str | None = None
        self.window_s = 0.0
        self.cpu_s: Measured = Unavailable("nothing was recorded")

    @property
    def samples(self) -> int:
        """Samples of all threads together."""
        return sum(self.stacks.values())

    def profile(self, side: Side, workload: str, stored: int) -> Profile | MissingProfile:
        """Give it in the words of the model; `stored` is what the log gained in the window."""
        if self.missing is not None:
            return MissingProfile(side, workload, self.kind, self.missing)
        return Profile(
            side=side,
            workload=workload,
            kind=self.kind,
            rate_hz=self.rate_hz,
            samples=self.samples,
            window_s=self.window_s,
            cpu_s=self.cpu_s,
            stored=stored,
            stacks=dict(self.stacks),
        )


@contextlib.contextmanager
def record(pid: int, kind: ProfileKind, rate_hz: int = RATE_HZ) -> Iterator[Recording]:
    """Profile a running process while the block runs; "cpu" has busy samples only, "wall" idle ones too.

    Raises nothing of its own: where there can be no profile the block runs without, and `missing` says why.
    py-spy keeps off the cores of its target, where it has others.
    """
    recording = Recording(kind, rate_hz)
    recording.missing = unavailable_reason()
    if recording.missing is not None:
        yield recording
        return
    clock = CpuClock(pid)
    with tempfile.TemporaryDirectory(prefix="chronik-perf-") as folder:
        out, said = Path(folder, "stacks.txt"), Path(folder, "said.txt")
        spy = _start(pid, kind, rate_hz, out, said)
        try:
            recording.missing = _await_sampling(spy, pid)
            begun, cpu_before, threads_before = time.monotonic(), clock.read(), thread_cpu_s(pid)
            yield recording
            recording.window_s = time.monotonic() - begun
            recording.cpu_s = _difference(cpu_before, clock.read())
            used_s = {t: s - threads_before.get(t, 0.0) for t, s in thread_cpu_s(pid).items()}
        finally:
            _end(spy)
        if recording.missing is None:
            threads = read_raw(out.read_text()) if out.exists() else []
            recording.stacks = weighted_by_cpu(threads, used_s) if kind == "cpu" else merged(threads)
            if not recording.stacks:
                recording.missing = f"py-spy took no sample of process {pid}"
        if recording.missing is not None:
            recording.missing += _reason(said.read_text())


def _program() -> str | None:
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy")


def _start(pid: int, kind: ProfileKind, rate_hz: int, out: Path, said: Path) -> subprocess.Popen[bytes]:
    command = [
        *(_program() or "py-spy", "record", "--pid", str(pid), "--rate", str(rate_hz), "--threads"),
        *("--nolineno", "--format", "raw", "--output", str(out)),
        *(["--idle"] if kind == "wall" else []),
    ]
    with said.open("wb") as errors:
        spy = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # Ctrl-C reaches it through the toolkit alone
        )
    with contextlib.suppress(OSError):
        others = os.sched_getaffinity(0) - os.sched_getaffinity(pid)
        if others:
            os.sched_setaffinity(spy.pid, others)
    return spy


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


def _end(spy: subprocess.Popen[bytes]) -> None:
    """Ask py-spy to write what it has; kill it if it does not end."""
    with contextlib.suppress(ProcessLookupError):
        spy.send_signal(signal.SIGINT)
    try:
        spy.communicate(timeout=_WRITE_LIMIT_S)
    except subprocess.TimeoutExpired:
        spy.kill()
        spy.communicate()


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


def _difference(before: Measured, after: Measured) -> Measured:
    if isinstance(before, Unavailable):
        return before
    return after if isinstance(after, Unavailable) else after - before
