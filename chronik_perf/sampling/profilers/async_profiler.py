"""Profiles by async-profiler: Java frames with the JVM's and the kernel's own, over one load's window.

It is an agent that the running JVM loads: `hotspot.load_agent` does that, so its library is all that is needed, and
neither `asprof` nor a JDK. The JVM keeps the library until it ends; between profiles it does nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from chronik_perf.model import ProfileKind, Unavailable
from chronik_perf.sampling.profilers.hotspot import Refused, load_agent
from chronik_perf.sampling.profilers.recording import RATE_HZ, Recording
from chronik_perf.sampling.profilers.runtime import Runtime

HOME = "ASYNC_PROFILER_HOME"
"""Variable that names the folder of async-profiler, or any that holds its library."""

_LIBRARY = "libasyncProfiler.so"
_ANSWER_LIMIT_S = 15.0
_VERSION = re.compile(r"\d+(\.\w+)*")
_THREAD = re.compile(r"\[(?:(.*) )?tid=\d+\]")
_NAMED = re.compile(r"^\[(.*?) tid=(\d+)\]", re.MULTILINE)


class AsyncProfiler:
    """Profiles a JVM. "cpu" by the CPU that each thread uses, "wall" by the clock, whatever a thread does."""

    name = "async-profiler"

    def fits(self, runtime: Runtime) -> bool:
        """Take a Java virtual machine."""
        return runtime.is_jvm

    def unavailable(self, kind: ProfileKind) -> str | None:
        """Say that its library was not found, and where it is looked for."""
        found = _library()
        return found.reason if isinstance(found, Unavailable) else None

    @contextlib.contextmanager
    def record(self, pid: int, kind: ProfileKind) -> Iterator[Recording]:
        """Profile a running JVM while the block runs."""
        recording = Recording(kind, profiler=self.name)
        library = _library()
        assert not isinstance(library, Unavailable)
        with recording.scratch() as folder:
            if folder is None:
                yield recording
                return
            agent = _Agent(pid, library, folder)
            try:
                recording.profiler = f"{self.name} {agent.version()}".strip()
                agent.call(f"start,event={kind},interval={1000 // RATE_HZ}ms,threads")
            except Refused as error:
                recording.missing = _cannot(pid, error)
                yield recording
                return
            out = folder / "stacks.txt"
            try:
                with recording.window(pid):
                    yield recording
            finally:
                try:
                    # norm: names of hidden classes without the addresses that differ in each run.
                    agent.call(f"stop,file={out},collapsed,threads,norm")
                except Refused as error:
                    recording.missing = _cannot(pid, error)
            if recording.missing is None:
                try:
                    collapsed = out.read_text(errors="replace")
                    recording.stacks = fold(collapsed)
                    recording.thread_names = {int(t): name for name, t in _NAMED.findall(collapsed)}
                except (OSError, ValueError) as error:
                    recording.missing = f"async-profiler's stacks of process {pid} cannot be read: {error}"
                else:
                    if not recording.stacks:
                        recording.missing = f"async-profiler took no sample of process {pid}"


class _Agent:
    """The library in one JVM. What it has to say of an error it writes into a file in `folder`."""

    def __init__(self, pid: int, library: Path, folder: Path) -> None:
        self._pid, self._library, self._log = pid, library, folder / "said.txt"
        self._told = folder / "version.txt"

    def version(self) -> str:
        """Give its version, such as 4.1; empty where it does not tell. Raises Refused."""
        self.call(f"version,file={self._told}")
        told = _VERSION.search(self._told.read_text(errors="replace")) if self._told.exists() else None
        return told[0] if told else ""

    def call(self, options: str) -> None:
        """Raises Refused if it could not be called, or with its own words if it could not do what was asked."""
        returned = load_agent(self._pid, self._library, f"{options},log={self._log}", _ANSWER_LIMIT_S)
        if returned != 0:
            said = self._log.read_text(errors="replace") if self._log.exists() else ""
            errors = (
                line.removeprefix("[ERROR] ") for line in said.splitlines() if line.startswith("[ERROR] ")
            )
            raise Refused(next(errors, f"it returned {returned}"))


def fold(text: str) -> dict[str, int]:
    """Read async-profiler's collapsed stacks by thread, threads of one name together and without their numbers.

    Raises ValueError if they are something else.
    """
    stacks: Counter[str] = Counter()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        label, *frames = stack.split(";")
        thread = _THREAD.fullmatch(label)
        if thread is None or not count.isdecimal():
            raise ValueError(f"not a stack as async-profiler folds it: {line[:80]!r}")
        stacks[";".join([thread[1] or "unnamed thread", *frames])] += int(count)
    return dict(stacks)


def _library() -> Path | Unavailable:
    """Find the library: where the variable says, else beside the `asprof` that is on the PATH."""
    named = os.environ.get(HOME)
    if named:
        folder = Path(named).absolute()
        places = [folder / _LIBRARY, folder / "lib" / _LIBRARY]
        missing = f"async-profiler's {_LIBRARY} is not in {named} or its lib, which {HOME} names"
    else:
        asprof = shutil.which("asprof")
        places = [Path(asprof).resolve().parents[1] / "lib" / _LIBRARY] if asprof else []
        missing = (
            f"async-profiler was not found: let {HOME} name the folder that holds its {_LIBRARY}, "
            "or put its asprof on the PATH"
        )
    return next((place for place in places if place.is_file()), None) or Unavailable(missing)


def _cannot(pid: int, why: Refused) -> str:
    return f"async-profiler cannot profile process {pid} ({why})"
