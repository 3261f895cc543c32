"""Profiles by Linux perf: what native code, and the kernel for it, does on the CPU over one load's window.

The event is cpu-clock, a timer that runs while the process does: it needs no counters of the processor, which virtual
machines seldom have, and one sample stands for the same CPU time everywhere. perf is started with the event switched
off and switched on through its control pipe, so that the window begins with an acknowledgement and not with a guess.

Callers are found by frame pointers in programs that Go has built, which always keep them, and by DWARF's unwind tables
in all others, which compilers seldom give frame pointers but always these tables. Then each sample copies the top of
the stack, and callers beyond that are not seen: such stacks begin at an inner function.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from chronik_perf.model import ProfileKind, Unavailable
from chronik_perf.sampling.profilers.perf_script import fold, with_unseen_kernel
from chronik_perf.sampling.profilers.program import running
from chronik_perf.sampling.profilers.recording import RATE_HZ, Recording
from chronik_perf.sampling.profilers.runtime import Runtime, is_go, runtime_of

_VERSION = re.compile(r"perf version \S+")
_STACK_BYTES = 16 << 10
_ASK_LIMIT_S = 5.0
_BEGIN_LIMIT_S = 10.0
_FOLD_LIMIT_S = 60.0


class LinuxPerf:
    """Profiles native code, which is all that no other profiler fits. "cpu" only."""

    name = "Linux perf"

    def fits(self, runtime: Runtime) -> bool:
        """Take everything: to the kernel any process is native code."""
        return True

    def unavailable(self, kind: ProfileKind) -> str | None:
        """Say that it samples no waiting, that there is none, or what it says instead of its version."""
        if kind == "wall":
            return "Linux perf samples what runs on the CPU; where native code waits is not in it"
        found = _program(os.environ.get("PATH", os.defpath))
        return found.reason if isinstance(found, Unavailable) else None

    @contextlib.contextmanager
    def record(self, pid: int, kind: ProfileKind) -> Iterator[Recording]:
        """Profile a running process while the block runs."""
        perf = _program(os.environ.get("PATH", os.defpath))
        assert not isinstance(perf, Unavailable)
        recording = Recording(kind, profiler=f"{self.name} {_version(perf)}".strip())
        with recording.scratch() as folder:
            if folder is None:
                yield recording
                return
            data, said = Path(folder, "perf.data"), Path(folder, "said.txt")
            with _control() as (orders, answers):
                command = _command(perf, pid, data, orders.theirs, answers.theirs)
                fds = (orders.theirs, answers.theirs)
                with running(command, pid=pid, said=said, pass_fds=fds):
                    orders.close_theirs()
                    answers.close_theirs()
                    recording.missing = _switch_on(orders.ours, answers.ours, pid)
                    with recording.window(pid):
                        yield recording
            if recording.missing is not None:
                recording.missing += _reason(said.read_text(errors="replace"))
                return
            _fold_into(recording, perf, data, pid)


class _Pipe:
    """Two ends of a pipe: ours, and the one that perf inherits."""

    def __init__(self, ours_writes: bool) -> None:
        read, write = os.pipe()
        self.ours, self.theirs = (write, read) if ours_writes else (read, write)
        self._open = {read, write}

    def close_theirs(self) -> None:
        self._open.discard(self.theirs)
        os.close(self.theirs)

    def close(self) -> None:
        for fd in self._open:
            os.close(fd)


@contextlib.contextmanager
def _control() -> Iterator[tuple[_Pipe, _Pipe]]:
    orders, answers = _Pipe(ours_writes=True), _Pipe(ours_writes=False)
    try:
        yield orders, answers
    finally:
        orders.close()
        answers.close()


def _command(perf: str, pid: int, data: Path, orders_fd: int, answers_fd: int) -> list[str]:
    return [
        *(perf, "record", "--quiet", "--pid", str(pid), "--event", "cpu-clock", "--freq", str(RATE_HZ)),
        *("--call-graph", "fp" if is_go(pid) else f"dwarf,{_STACK_BYTES}"),
        # Or it would leave copies of the programs below ~/.debug.
        *("--no-buildid-cache", "--output", str(data)),
        *("--delay", "-1", "--control", f"fd:{orders_fd},{answers_fd}"),
    ]


def _switch_on(orders: int, answers: int, pid: int) -> str | None:
    """Switch the event on and wait until it is; give the reason if it will not be."""
    deadline = time.monotonic() + _BEGIN_LIMIT_S
    heard = b""
    with contextlib.suppress(BrokenPipeError):
        os.write(orders, b"enable\n")
    while b"ack" not in heard:
        ready, _, _ = select.select([answers], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return f"Linux perf did not begin to sample process {pid} within {_BEGIN_LIMIT_S:g} s"
        some = os.read(answers, 64)
        if not some:
            return f"Linux perf cannot profile process {pid}"
        heard += some
    return None


def _fold_into(recording: Recording, perf: str, data: Path, pid: int) -> None:
    """Read the samples and fold them, or say why there are none."""
    command = [perf, "script", "--no-inline", "--fields", "comm,tid,event,ip,sym,dso", "--input", str(data)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_FOLD_LIMIT_S,
            # Nothing is fetched to name a function.
            env={**os.environ, "DEBUGINFOD_URLS": ""},
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        recording.missing = f"perf script did not read the samples within {_FOLD_LIMIT_S:g} s"
        return
    folded = fold(done.stdout.decode(errors="replace"))
    recording.stacks = folded.stacks
    if folded.user_only and recording.stacks:
        recording.stacks = with_unseen_kernel(folded.stacks, recording.cpu_s, recording.rate_hz)
    if not recording.stacks:
        recording.missing = f"Linux perf took no sample of process {pid}"
        runtime = runtime_of(pid)
        if done.returncode != 0:
            recording.missing += _reason(done.stderr.decode(errors="replace"))
        elif isinstance(runtime, Unavailable):
            recording.missing += f" ({runtime.reason})"
        elif runtime.is_shell:
            recording.missing += (
                f", which is a shell ({runtime.program}); one that starts the broker must do so by exec"
            )


@functools.cache
def _program(path: str) -> str | Unavailable:
    """Find Linux perf in the folders of PATH; this toolkit has a script of the same name, which it is not."""
    others: list[str] = []
    seen: set[Path] = set()
    for folder in path.split(os.pathsep):
        candidate = Path(folder, "perf")
        if candidate.resolve() in seen or not (candidate.is_file() and os.access(candidate, os.X_OK)):
            continue
        seen.add(candidate.resolve())
        said = _ask(candidate)
        if _VERSION.match(said):
            return str(candidate)
        others.append(f"{candidate} is another program or does not work: {said}")
    missing = "no Linux perf is on the PATH (on Debian the package linux-perf)"
    return Unavailable("; ".join([missing, *others]))


@functools.cache
def _version(program: str) -> str:
    said = _ask(Path(program))
    return said.removeprefix("perf version ") if _VERSION.match(said) else ""


def _ask(program: Path) -> str:
    """Give what a program answers when it is asked for its version, in one line."""
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_LIMIT_S,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return f"no version within {_ASK_LIMIT_S:g} s"
    except OSError as error:
        return error.strerror or str(error)
    lines = [line.strip() for line in (done.stdout or done.stderr).decode(errors="replace").splitlines()]
    return next(filter(None, lines), f"exit code {done.returncode}")


def _reason(said: str) -> str:
    """Put perf's own first sentence in parentheses, with what the kernel permits; empty where it said nothing."""
    lines = [line.strip() for line in said.splitlines()]
    words = next((line for line in lines if line and line.lower() not in {"error:", "warning:"}), "")
    if "limited" in words or "ermission" in said:
        with contextlib.suppress(OSError):
            paranoid = Path("/proc/sys/kernel/perf_event_paranoid").read_text().strip()
            words = f"{words.removesuffix('.')}; kernel.perf_event_paranoid is {paranoid}"
    return f" ({words})" if words else ""
