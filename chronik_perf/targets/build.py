"""Builds one commit of a broker's repository in a tree of its own, once for each build environment."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import time
from pathlib import Path
from typing import IO

from chronik_perf.model import MeasurementFailed
from chronik_perf.printing import one_line
from chronik_perf.targets import cache
from chronik_perf.targets.build_environment import build_environment, key_of, seen
from chronik_perf.targets.cache_entry import Entry
from chronik_perf.targets.checkout import LONGEST_S, check_out
from chronik_perf.targets.git import Repository
from chronik_perf.targets.lock import BuildLock
from chronik_perf.targets.manifest import Manifest
from chronik_perf.targets.process import leashed, lines_of
from chronik_perf.targets.scheme import Say

_SHOWN = 20


def built(
    repository: Repository, commit: str, name: str, manifest: Manifest, say: Say
) -> tuple[Path, dict[str, str]]:
    """Give the tree of a commit, built, and what its build saw; it is built now where it was not before.

    Raises MeasurementFailed if the checkout or the build fails, hangs, or leaves nothing to start; BadInput where the
    cache cannot be written. Nothing that a later call would take for whole is left then. What another call builds is
    waited for, and what a killed one has left running is ended.
    """
    key = key_of(commit, manifest)
    short = f"{name} ({commit[:10]})"
    cache.use(
        key,
        short,
        manifest.build_timeout_s + LONGEST_S,
        say,
        lambda lock: _make(repository, commit, name, manifest, key, lock, say),
    )
    entry = cache.entry_of(key)
    return cache.tree_of(key), entry.built_with if entry else {}


def _make(
    repository: Repository, commit: str, name: str, manifest: Manifest, key: str, lock: BuildLock, say: Say
) -> None:
    """Check a commit out and build it, whole or not at all; what is run for that holds the lock open."""
    short, begun = f"{name} ({commit[:10]})", time.monotonic()
    try:
        tree = cache.begin(key)
        check_out(repository, commit, short, tree, lock, say)
        with_what = seen(manifest, tree) if manifest.build else {}
        if manifest.build:
            say(f"building {short}: {one_line(manifest.build)}")
            run_build(manifest, tree, short, cache.log_of(key), say, lock)
        check_program(manifest, tree, short)
        took_s, size = time.monotonic() - begun, _size_of(tree)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        root, took = str(repository.root), round(took_s, 1)
        cache.finish(Entry(key, root, commit, name, now, took, size, with_what))
    except OSError as error:
        where = error.filename or cache.cache_root()
        full = cache.why_full() if error.errno in cache.NO_ROOM else ""
        cache.discard(key)
        why = f"{where}: {error.strerror}{'; ' * bool(full)}{full}"
        raise MeasurementFailed(f"{short} could not be built: {why}") from None
    except MeasurementFailed as error:
        # What git or the build said of it may be one line in a hundred, or nothing.
        full = cache.why_full()
        cache.discard(key)
        if full:
            raise MeasurementFailed(f"{error}; {full}") from None
        raise
    except BaseException:
        cache.discard(key)
        raise
    say(f"built {short} in {took_s:.1f} s")


def run_build(
    manifest: Manifest, tree: Path, short: str, log_path: Path, say: Say, lock: BuildLock | None = None
) -> None:
    """Run the build's command in a tree. Raises MeasurementFailed, its log's end shown, where it fails or hangs."""
    begun = time.monotonic()
    try:
        code = _run(manifest, tree, log_path, lock)
    except OSError as error:
        raise MeasurementFailed(
            f"the build of {short} cannot be run: {error.filename}: {error.strerror}"
        ) from None
    if code == 0:
        return
    for line in _last_lines(log_path):
        say(f"  {line}")
    took = f"after {time.monotonic() - begun:.0f} s"
    how = f"failed with exit code {code} {took}"
    if code is None:
        how = f"was not done {took} and was ended (timeout_s in [build] of {manifest.where})"
    raise MeasurementFailed(f"the build of {short}, {manifest.build!r}, {how}; its log is {log_path}")


def _run(manifest: Manifest, tree: Path, log_path: Path, lock: BuildLock | None) -> int | None:
    """Give the exit code of the build's command; None if it was ended, as its time was over."""
    command = ("/bin/sh", "-c", manifest.build)
    environment = build_environment(manifest)
    with leashed(command, env=environment, cwd=tree, log_path=log_path, lock=lock) as build:
        return build.exit_code if build.wait(manifest.build_timeout_s) else None


def check_program(manifest: Manifest, tree: Path, short: str) -> None:
    """Raise MeasurementFailed if what [start] names is not there to be started."""
    if not tree.is_dir():
        raise MeasurementFailed(
            f"the build of {short} left no tree: [build] of {manifest.where} has taken its own folder away"
        )
    program = manifest.start[0]
    if "/" in program:
        path = tree / program
        if path.is_file() and os.access(path, os.X_OK):
            return
    elif shutil.which(program, path=build_environment(manifest).get("PATH")):
        return
    raise MeasurementFailed(
        f"the build of {short} left no program {program!r} to start, which [start] of {manifest.where} names"
    )


def _last_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        _seek_back(file, 16_384)
        return lines_of(file.read())[-_SHOWN:]


def _seek_back(file: IO[bytes], n_bytes: int) -> None:
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - n_bytes))


def _size_of(folder: Path) -> int:
    """Give the bytes that its files take on the disk."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(at, name)).st_blocks * 512
    return total
