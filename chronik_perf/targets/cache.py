"""The cache of builds: one folder a commit and build environment, whole or not there, one builder at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from chronik_perf.files import write_whole
from chronik_perf.model import BadInput

LIMIT_BYTES = 10 << 30
_MARK = "entry.json"

# Of builds that this process uses: held until it ends, so that no other call takes them away under a broker.
_held: list[IO[str]] = []


@dataclass(frozen=True, slots=True)
class Entry:
    """One whole build. `used_s` is when it was last asked for, in seconds since 1970."""

    key: str
    repository: str
    commit: str
    name: str
    built_at: str
    took_s: float
    size_bytes: int
    used_s: float = 0.0


def cache_root() -> Path:
    """Give the folder of the cache, which may not exist yet."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification: a path that is not absolute is to be ignored.
    return (named if named.is_absolute() else Path.home() / ".cache") / "chronik-perf" / "builds"


def tree_of(key: str) -> Path:
    """Give the folder of a build's tree."""
    return cache_root() / key / "tree"


def log_of(key: str) -> Path:
    """Give the file that a build writes to."""
    return cache_root() / f"{key}.log"


def entries() -> list[Entry]:
    """Give all whole builds, the one that was used last first."""
    found = [entry for mark in cache_root().glob(f"*/{_MARK}") if (entry := _read(mark)) is not None]
    return sorted(found, key=lambda entry: -entry.used_s)


def entry_of(key: str) -> Entry | None:
    """Give the whole build of that key, if there is one."""
    return _read(cache_root() / key / _MARK)


@contextlib.contextmanager
def in_use(key: str, waiting: Callable[[], None]) -> Iterator[bool]:
    """Use a build until this process ends; yields True where it is not there yet, and the caller alone must make it.

    `waiting` is called if another call makes it at this moment. Raises BadInput where the cache cannot be written.
    """
    try:
        cache_root().mkdir(parents=True, exist_ok=True)
        lock = (cache_root() / f"{key}.lock").open("a+")
    except OSError as error:
        raise BadInput(
            f"the cache of builds cannot be written: {error.filename}: {error.strerror}; XDG_CACHE_HOME chooses another"
        ) from None
    try:
        # Who uses a build shares the lock, for as long as a comparison takes; who makes or removes one has it alone.
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_SH)
        if entry_of(key) is None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield entry_of(key) is None  # another call may have made it while this one waited to be alone
        fcntl.flock(lock, fcntl.LOCK_SH)
        _held.append(lock)
    except BaseException:
        lock.close()
        raise


def begin(key: str) -> Path:
    """Take away what a build that was interrupted has left, and give the tree's folder, which does not exist yet."""
    shutil.rmtree(cache_root() / key, ignore_errors=True)
    (cache_root() / key).mkdir(parents=True)
    return tree_of(key)


def finish(entry: Entry) -> None:
    """Declare a build whole, the last thing that is written of it, and make room for it."""
    write_whole(cache_root() / entry.key / _MARK, json.dumps(asdict(entry), indent=1) + "\n")
    touch(entry.key)
    make_room(LIMIT_BYTES, keep=entry.key)


def discard(key: str) -> None:
    """Leave nothing of a build that did not become whole; its log stays."""
    shutil.rmtree(cache_root() / key, ignore_errors=True)


def touch(key: str) -> None:
    """Note that a build is used now."""
    os.utime(cache_root() / key / _MARK)


def make_room(limit_bytes: int, keep: str = "") -> list[Entry]:
    """Remove builds, the one that was used longest ago first, until all fit into `limit_bytes`; give those removed.

    One that some call uses stays, and so does `keep`.
    """
    had = entries()
    total = sum(entry.size_bytes for entry in had)
    removed = []
    for entry in reversed(had):
        if total <= limit_bytes:
            break
        if entry.key != keep and _remove(entry.key):
            removed.append(entry)
            total -= entry.size_bytes
    return removed


def size_of(folder: Path) -> int:
    """Give the bytes that a folder's files take on the disk."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(at, name)).st_blocks * 512
    return total


def _remove(key: str) -> bool:
    with (cache_root() / f"{key}.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        shutil.rmtree(cache_root() / key, ignore_errors=True)
        log_of(key).unlink(missing_ok=True)
        return True


def _read(mark: Path) -> Entry | None:
    try:
        data = json.loads(mark.read_text())
        return Entry(**{**data, "used_s": mark.stat().st_mtime})
    except (OSError, ValueError, TypeError):
        return None
