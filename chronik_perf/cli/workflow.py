"""Tells GitHub's runner which of the lines that a job prints are commands to it: our own, and none of a change's text.

The runner trims a line before it looks for `::`, and finds `##[` anywhere in one; so names, settings and what a build
said, all of which may be of a fork, would be obeyed. To print them escaped would be to find each place that prints.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from collections.abc import Iterator

_stopped_by = ""  # the word at which the runner listens again; empty while it listens
_to = 1  # the descriptor that the runner reads


def is_github() -> bool:
    """Tell whether this is a job of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


@contextlib.contextmanager
def unheard() -> Iterator[None]:
    """Let the runner, where there is one, take nothing for a command that is printed meanwhile."""
    if not is_github():
        yield
        return
    global _to
    if stat.S_ISREG(os.fstat(1).st_mode):
        _to = 2  # the job keeps the result in a file, which the runner does not read
        with _stopped():
            yield
        return
    # In one pipe with what is printed: of two, a late line of one may come when the runner listens again to the other.
    sys.stderr.flush()
    stderr = os.dup(2)
    os.dup2(1, 2)
    try:
        with _stopped():
            yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


@contextlib.contextmanager
def _stopped() -> Iterator[None]:
    _stop()
    try:
        yield
    finally:
        sys.stderr.flush()
        _go_on()


@contextlib.contextmanager
def heard() -> Iterator[None]:
    """Let it hear what is printed meanwhile, where it was told to hear nothing."""
    if not _stopped_by:
        yield
        return
    _go_on()
    try:
        yield
    finally:
        _stop()


def _stop() -> None:
    global _stopped_by
    # Another word each time: the log has shown the last one to whoever reads it.
    _stopped_by = secrets.token_hex(20)
    _print(f"::stop-commands::{_stopped_by}")


def _go_on() -> None:
    global _stopped_by
    _print(f"::{_stopped_by}::")
    _stopped_by = ""


def _print(line: str) -> None:
    with contextlib.suppress(OSError):  # who read our output may have gone
        print(line, file=sys.stdout if _to == 1 else sys.stderr, flush=True)
