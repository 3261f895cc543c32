"""Processes as /proc shows them: one that cannot be mistaken for another, its name for people, and all there are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same pid. `started` is in clock ticks after boot."""

    pid: int
    started: int


def identity(pid: int) -> Identity | None:
    """Give a living process's identity; None if there is no such process or if it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else Identity(pid, int(fields[19]))


def describe(pid: int) -> str:
    """Name a process to a person: its pid and its command line, shortened."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        command = " ".join(words).strip() or Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return f"process {pid}"
    printable = "".join(c if c.isprintable() else " " for c in command)
    return f"process {pid} ({printable if len(printable) <= 80 else printable[:77] + '...'})"


def all_pids() -> list[int]:
    """Give every process that can be seen."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]
