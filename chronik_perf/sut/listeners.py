"""Whose port is it: listening sockets and the processes that hold them, read from /proc."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"


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
    return f"process {pid} ({command if len(command) <= 80 else command[:77] + '...'})"


def listening_inodes(host: str, port: int) -> set[int]:
    """Give the socket inodes that listen on the port at the host's address, or at any address.

    More than one is possible, by SO_REUSEPORT: then the kernel shares connections between them.
    """
    address = struct.unpack("=I", socket.inet_aton(socket.gethostbyname(host)))[0]
    wanted = {f"{address:08X}", "00000000", "0" * 32, "0000000000000000FFFF0000" + f"{address:08X}"}
    inodes: set[int] = set()
    for table in ("tcp", "tcp6"):
        try:
            file = open(f"/proc/self/net/{table}", buffering=16384)  # noqa: SIM115 (closed below)
        except OSError:
            continue
        with file:
            next(file, None)
            for line in file:
                fields = line.split()
                # The kernel gives the listening sockets first; thousands of connections need not be read.
                if fields[3] != _LISTEN:
                    break
                local, _, local_port = fields[1].partition(":")
                if int(local_port, 16) == port and local in wanted:
                    inodes.add(int(fields[9]))
    return inodes


def holds(pid: int, fd: str, inode: int) -> bool:
    """Tell whether a process's descriptor is that socket."""
    try:
        return os.readlink(f"/proc/{pid}/fd/{fd}") == f"socket:[{inode}]"
    except OSError:
        return False


def find_holder(inode: int, pids: list[int]) -> tuple[int, str] | None:
    """Give (pid, descriptor) of the first of the processes that holds the socket."""
    for pid in pids:
        try:
            descriptors = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for fd in descriptors:
            if holds(pid, fd, inode):
                return pid, fd
    return None


def all_pids() -> list[int]:
    """Give every process that can be seen."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def family(pid: int) -> list[int]:
    """Give a process and its descendants, itself first."""
    parents: dict[int, list[int]] = {}
    for other in all_pids():
        try:
            fields = Path(f"/proc/{other}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(other)
    found = [pid]
    for member in found:
        found.extend(parents.get(member, ()))
    return found
