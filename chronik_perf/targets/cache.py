"""The cache of builds: one folder a commit and build environment, whole or not there, one builder at a time."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from chronik_perf.model import BadInput
from chronik_perf.targets.cache_entry import MARK, TREE, Entry, read
from chronik_perf.targets.lock import BuildLock
from chronik_perf.targets.removal import removed
from chronik_perf.targets.scheme import Say

LIMIT_BYTES = 10 << 30
Gone: TypeAlias = Literal["removed", "in use", "stuck"]
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
# A tool that writes in blocks gives up before the last byte is taken.
_NO_ROOM_BYTES = 1_000_000
_REMOVING_S = 600.0

# Of builds that this process uses: held until it ends, so that no other call takes them away under a broker.
_held: list[BuildLock] = []


def cache_root() -> Path:
    """Give the folder of the cache, which may not exist yet."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification: a path that is not absolute is to be ignored.
    if not named.is_absolute():
        try:
            named = Path.home() / ".cache"
        except RuntimeError:
            raise BadInput(
                "this user has no home folder; set XDG_CACHE_HOME to one for the cache of builds"
            ) from None
    return named / "chronik-perf" / "builds"


def prepared() -> Path:
    """Give the folder of the cache, which exists then. Raises BadInput where it cannot."""
    try:
        cache_root().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(error) from None
    return cache_root()


def tree_of(key: str) -> Path:
    """Give the folder of a build's tree."""
    return cache_root() / key / TREE


def key_of_tree(tree: Path) -> str | None:
    """Give the key of the build whose tree that is; None if it is not one of this cache."""
    return tree.parent.name if tree == tree_of(tree.parent.name) else None


def log_of(key: str) -> Path:
    """Give the file that a build writes to."""
    return cache_root() / f"{key}.log"


def entries() -> list[Entry]:
    """Give all whole builds, the one that was used last first."""
    found = [entry for mark in cache_root().glob(f"*/{MARK}") if (entry := read(mark.parent)) is not None]
    return sorted(found, key=lambda entry: -entry.used_s)


def entry_of(key: str) -> Entry | None:
    """Give the whole build of that key, if there is one."""
    return read(cache_root() / key)


def use(key: str, short: str, patience_s: float, say: Say, make: Callable[[BuildLock], None]) -> None:
    """Use a build until this process ends; `make` makes it where it is not there yet, and nobody else does meanwhile.

    `make` is given the lock, for what it starts to hold open: should this process be killed, nobody else builds there
    before that has ended, too. `short` names the build to people, and `say` is told where another call makes it at
    this moment. Raises MeasurementFailed where that takes longer than `patience_s` or cannot be ended, BadInput where
    the cache cannot be written, and what `make` raises.
    """
    while not in_use(key, short, say):
        with _lock_of(key) as lock:
            lock.take(False, f"the build of {short}", patience_s, say)
            try:
                if entry_of(key) is None:  # another call may have made it while this one waited to be alone
                    make(lock)
            finally:
                lock.free()


def in_use(key: str, short: str, say: Say) -> bool:
    """Use a build until this process ends; False if it is not there. Raises as `use` does."""
    if entry_of(key) is None:
        return False
    lock = _lock_of(key)
    try:
        # Who uses a build shares the lock, for as long as a comparison takes; who makes or removes one has it alone.
        lock.take(True, f"the build of {short}", _REMOVING_S, say)
        if entry_of(key) is not None:
            os.utime(cache_root() / key / MARK)
            _held.append(lock)
            return True
    except BaseException:
        lock.close()
        raise
    lock.close()
    return False


def begin(key: str) -> Path:
    """Take away what a build that was interrupted has left, and give the tree's folder, which does not exist yet."""
    removed(cache_root() / key)
    (cache_root() / key).mkdir(parents=True)
    return tree_of(key)


def finish(entry: Entry) -> None:
    """Declare a build whole, the last thing that is written of it, and make room for it."""
    entry.write(cache_root() / entry.key)
    with contextlib.suppress(OSError):  # what is wrong with others is no fault of this one
        make_room(LIMIT_BYTES, keep=entry.key)


def discard(key: str) -> None:
    """Leave nothing of a build that did not become whole; its log stays."""
    removed(cache_root() / key)


def why_full() -> str:
    """Say, where the cache's disk has no room left, so and what to do; empty where it has some, or cannot tell.

    A build that has taken away what it could not write whole has left room, and only its own words say why it failed.
    """
    try:
        if shutil.disk_usage(cache_root()).free >= _NO_ROOM_BYTES:
            return ""
    except OSError:
        return ""
    return f"the disk of the build cache, {cache_root()}, is full: free some, or remove builds (perf cache clean)"


def make_room(limit_bytes: int, keep: str = "") -> list[Entry]:
    """Remove builds, the one that was used longest ago first, until all fit into `limit_bytes`; give those removed.

    One that some call uses stays, and so does `keep`.
    """
    sweep()
    had = entries()
    total = sum(entry.size_bytes for entry in had)
    gone = []
    for entry in reversed(had):
        if total <= limit_bytes:
            break
        if entry.key != keep and _remove(entry.key) == "removed":
            gone.append(entry)
            total -= entry.size_bytes
    return gone


def sweep() -> int:
    """Remove what is left of builds that did not become whole, as their calls were killed; give how many."""
    return sum(_remove(key, unfinished=True) == "removed" for key in _unfinished())


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What a cleaning did: builds and how many unfinished ones it removed, how many are in use, and what is stuck."""

    builds: list[Entry]
    unfinished: int
    in_use: int
    stuck: list[Path]


def clean() -> Cleaned:
    """Remove every build that no call uses, what is left of those that were never finished, and logs of failed ones."""
    unfinished, whole = _unfinished(), {entry.key: entry for entry in entries()}
    done = {key: _remove(key, unfinished=key not in whole) for key in (*unfinished, *whole)}
    for log in cache_root().glob("*.log"):
        if not (cache_root() / log.stem).exists():
            _remove(log.stem)
    removed_keys = [key for key, gone in done.items() if gone == "removed"]
    return Cleaned(
        builds=[whole[key] for key in removed_keys if key in whole],
        unfinished=sum(key not in whole for key in removed_keys),
        in_use=sum(gone == "in use" for gone in done.values()),
        stuck=[cache_root() / key for key, gone in done.items() if gone == "stuck"],
    )


def _unfinished() -> list[str]:
    if not cache_root().is_dir():
        return []
    return [p.name for p in cache_root().iterdir() if p.is_dir() and entry_of(p.name) is None]


def _remove(key: str, unfinished: bool = False) -> Gone:
    with _lock_of(key) as lock:
        if not lock.take_at_once():
            return "in use"
        try:
            if unfinished and entry_of(key) is not None:  # it has been made meanwhile
                return "in use"
            folder = cache_root() / key
            try:
                # First, or half of a tree would be taken for whole where this is interrupted.
                if not folder.is_symlink():
                    (folder / MARK).unlink(missing_ok=True)
            except IsADirectoryError:
                pass  # nobody takes that for whole
            except OSError:
                return "stuck"
            if not removed(folder):
                return "stuck"
            log_of(key).unlink(missing_ok=True)
            return "removed"
        finally:
            lock.free()


def _lock_of(key: str) -> BuildLock:
    try:
        return BuildLock(prepared() / f"{key}.lock")
    except OSError as error:
        raise _unwritable(error) from None


def _unwritable(error: OSError) -> BadInput:
    return BadInput(
        f"the cache of builds cannot be written: {error.filename}: {error.strerror}; XDG_CACHE_HOME chooses another"
    )
