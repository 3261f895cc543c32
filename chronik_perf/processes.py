"""Processes as /proc shows them: one that cannot be mistaken for another, its name for people, and all there are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.printing import one_line


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same pid. `started` is in clock ticks after boot."""

    pid: int
    started: int


def identity(pid: int) -> Identity | None:
    """Give a living process's identity; None if there is no such process or if it is a zombie."""
    fields = stat_of(pid)
    return None if fields is None or fields[0] in "ZX" else Identity(pid, int(fields[19]))


def stat_of(pid: int) -> list[str] | None:
    """Give the fields of /proc/PID/stat behind the name, the state first (proc(5)); None without such a process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def describe(pid: int) -> str:
    """Name a process to a person: its pid and its command line, shortened."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        command = " ".join(words).strip() or Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return f"process {pid}"
    command = one_line(command)
    return f"process {pid} ({command if len(command) <= 80 else command[:77] + '...'})"


def all_pids() -> list[int]:
    """Give every process that can be seen."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]
