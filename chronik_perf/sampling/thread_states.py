"""Where each thread of a process waits, by the system call that it waits in, whatever language it is written in.

A profiler's stacks do not tell: what waits is often C code without a frame (fdatasync, a lock, an event loop of its
own). The kernel knows: /proc/PID/task/TID/syscall names the call in which a thread is blocked (proc(5)), or says that
it runs. It may be read of a process that one may trace.

A profiler that stops the process for each of its samples wakes what waits, and a wait that was interrupted begins anew
or ends: looks are taken while no profiler samples.
"""

from __future__ import annotations

import contextlib
import os
import platform
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from chronik_perf.model import RUNS, Unavailable, WaitKind, Waits
from chronik_perf.sampling.families import family

RATE_HZ = 50

# Numbers of system calls by machine, from the kernel's tables.
_CALLS: dict[str, dict[WaitKind, frozenset[int]]] = {
    "x86_64": {
        "event loop idle": frozenset({7, 23, 232, 270, 271, 281, 426, 441}),  # poll, select, epoll, io_uring
        "sync": frozenset(
            {26, 74, 75, 162, 277, 306}
        ),  # msync, fsync, fdatasync, sync, sync_file_range, syncfs
        "lock or queue": frozenset({202, 449, 73, 220}),  # futex, futex_waitv, flock, semtimedop
        "sleep": frozenset({35, 230, 34}),  # nanosleep, clock_nanosleep, pause
        # read, write and their kin; accept, recv, send
        "file or socket": frozenset({0, 1, 17, 18, 19, 20, 295, 296, 40, 43, 44, 45, 46, 47, 288, 299, 307}),
    },
    "aarch64": {
        "event loop idle": frozenset({22, 72, 73, 426, 441}),
        "sync": frozenset({81, 82, 83, 84, 227, 267}),
        "lock or queue": frozenset({98, 449, 32, 192}),
        "sleep": frozenset({101, 115}),
        "file or socket": frozenset(
            {63, 64, 65, 66, 67, 68, 69, 70, 71, 202, 206, 207, 211, 212, 242, 243, 269}
        ),
    },
}

# A timed wait that a signal or a stop interrupted goes on as this call; the kernel's function says of what kind.
_RESTARTED = {"x86_64": 219, "aarch64": 128}
_FUNCTIONS: dict[str, WaitKind] = {
    "poll": "event loop idle",
    "nanosleep": "sleep",
    "futex": "lock or queue",
}


class ThreadStates:
    """Looks at all threads of a process at a fixed rate while `watched`."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")
        self._seen: Counter[tuple[int, WaitKind]] = Counter()
        self._names: dict[int, str] = {}
        self._looks = 0
        self._window_s = 0.0
        self._refused = ""

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look at the threads while the block runs."""
        calls = _CALLS.get(platform.machine())
        if calls is None:
            self._refused = f"the system calls of a {platform.machine()} have no names here"
            yield
            return
        kinds = {number: kind for kind, numbers in calls.items() for number in numbers}
        ended = threading.Event()
        looking = threading.Thread(target=self._look, args=(kinds, ended), name="thread states", daemon=True)
        looking.start()
        begun_s = time.monotonic()
        try:
            yield
        finally:
            self._window_s = time.monotonic() - begun_s
            ended.set()
            looking.join()

    def by_name(self, names: Mapping[int, str], stored: int) -> Waits | Unavailable:
        """Give what was seen, threads of one family together; those without one in `names` go by the kernel's.

        `stored` is what the log gained meanwhile.
        """
        if self._refused:
            return Unavailable(self._refused)
        if not self._seen:
            return Unavailable("no thread of the process was seen")
        found: Counter[str] = Counter()
        for (tid, kind), times in self._seen.items():
            name = names.get(tid) or self._names.get(tid) or "unnamed thread"
            found[f"{family(name.replace(';', ':'))};{kind}"] += times
        return Waits(self._looks, dict(found), self._window_s, stored)

    def _look(self, kinds: Mapping[int, WaitKind], ended: threading.Event) -> None:
        due_s = time.monotonic()
        while not ended.wait(max(0.0, due_s - time.monotonic())):
            # A look that came late is not made good: it would count one moment twice.
            due_s = max(due_s + 1 / RATE_HZ, time.monotonic())
            try:
                threads = [int(name) for name in os.listdir(self._tasks)]
                for tid in threads:
                    self._look_at(tid, kinds)
            except PermissionError as error:
                self._refused = f"this user may not see where its threads wait ({error.strerror})"
                return
            except OSError:
                return  # the process has ended
            self._looks += 1

    def _look_at(self, tid: int, kinds: Mapping[int, WaitKind]) -> None:
        folder = self._tasks / str(tid)
        try:
            call = (folder / "syscall").read_text().split(maxsplit=1)[0]
            if tid not in self._names:
                self._names[tid] = (folder / "comm").read_text().strip()
            kind: WaitKind = RUNS if call == "running" else kinds.get(int(call), "elsewhere")
            if call == str(_RESTARTED.get(platform.machine())):
                function = (folder / "wchan").read_text()
                kind = next((k for part, k in _FUNCTIONS.items() if part in function), kind)
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return  # a thread that has ended
        self._seen[tid, kind] += 1
