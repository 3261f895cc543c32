"""What a process has open: its descriptors by kind, those of files that a number tells apart together."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import PurePath

from chronik_perf.sampling.families import family

MOST = 10
"""Kinds that are told: those with the most descriptors."""


def open_files(pid: int) -> dict[str, int]:
    """Give the most frequent kinds with their numbers, such as {"perf-raw-#/#.log": 38, "socket": 131}.

    A file goes by its folder and name, what is no file by what the kernel calls it. Raises OSError for a process that
    has ended or may not be looked at.
    """
    found: Counter[str] = Counter()
    folder = f"/proc/{pid}/fd"
    for descriptor in os.listdir(folder):
        try:
            found[_kind(os.readlink(f"{folder}/{descriptor}"))] += 1
        except FileNotFoundError:  # closed in between
            continue
    return dict(found.most_common(MOST))


def _kind(target: str) -> str:
    if target.startswith("/"):
        path = PurePath(target)
        return family("/".join(path.parts[-2:] if len(path.parts) > 2 else path.parts[1:]))
    # socket:[12345], pipe:[12345] and anon_inode:[eventpoll]
    kind, _, which = target.partition(":")
    return which.strip("[]") if kind == "anon_inode" else kind
