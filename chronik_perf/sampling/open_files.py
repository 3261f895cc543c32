"""What a process has open: its descriptors by kind, those of files that a number tells apart together."""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from pathlib import PurePath

from chronik_perf.sampling.families import family

MOST = 10
"""Kinds that are told: those with the most descriptors."""


def open_files(pid: int) -> dict[str, int]:
    """Give the most frequent kinds with their numbers, such as {"perf-raw-#/#.log": 38, "socket": 131}.

    A file goes by its folder and name, what is no file by what the kernel calls it, and what is read and written as the
    standard streams by that: it has another name for each process. Raises OSError for a process that has ended or may
    not be looked at.
    """
    folder = f"/proc/{pid}/fd"
    targets: dict[str, str] = {}
    for descriptor in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # closed in between
            targets[descriptor] = os.readlink(f"{folder}/{descriptor}")
    standard = {targets[one] for one in ("0", "1", "2") if one in targets}
    found = Counter(_kind(target, target in standard) for target in targets.values())
    return dict(found.most_common(MOST))


def _kind(target: str, is_standard: bool) -> str:
    if target.startswith("/"):
        if is_standard:
            return "its standard streams"
        path = PurePath(target)
        return family("/".join(path.parts[-2:] if len(path.parts) > 2 else path.parts[1:]))
    # socket:[12345], pipe:[12345] and anon_inode:[eventpoll]
    kind, _, which = target.partition(":")
    return which.strip("[]") if kind == "anon_inode" else kind
