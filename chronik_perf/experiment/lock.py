"""Two runs at once on one machine spoil each other: the second waits or is refused."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from chronik_perf.model import MeasurementFailed
from chronik_perf.printing import one_line


@contextlib.contextmanager
def machine_lock(wait: bool, say: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the machine for one measurement.

    The lock is the kernel's (flock), so that it goes with its holder however that ends. The file is in the
    machine's temporary folder and open to every user, since two users' runs spoil each other as well.
    `say` is told whom it waits for. Raises MeasurementFailed if another run holds it and `wait` is False.
    """
    path = Path(tempfile.gettempdir()) / "chronik-perf.lock"
    fd = _open_for_all(path)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _told(os.pread(fd, 32, 0).decode(errors="replace").strip())
            if not wait:
                raise MeasurementFailed(
                    f"another measurement ({holder}) runs on this machine and the two would spoil "
                    "each other; wait for it to end, or start this one with --wait"
                ) from None
            say(f"waiting for another measurement ({holder}) to end")
            _wait_for(fd)
        with contextlib.suppress(OSError):
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(fd)


def _told(pid: str) -> str:
    """Say which process holds the lock, and what it was asked for: how long it takes follows from that."""
    if not pid.isdecimal():
        return "process unknown"
    words: list[str] = []
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").rstrip("\0").split("\0")
    names = [Path(word).name for word in words]
    at = next((i for i, name in enumerate(names) if name in ("perf", "chronik-perf", "chronik_perf")), None)
    if at is None:
        return f"process {pid}"
    return f"process {pid}: perf {one_line(' '.join(words[at + 1 :])[:80])}"


def _open_for_all(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except PermissionError:
        # Another user's file: a lock needs no more than reading it.
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)


def _wait_for(fd: int) -> None:
    while True:  # a blocking flock would not let Ctrl-C through at once on every kernel
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(0.5)
