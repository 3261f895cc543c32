"""Whose port is it: listening sockets and the processes that hold them, read from /proc."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from chronik_perf.network import HOST, Network
from chronik_perf.processes import all_pids, describe, stat_of


def listening_inodes(host: str, port: int, network: Network = HOST) -> set[int]:
    """Give the socket inodes of a network that listen on the port at the host's address, or at any address.

    More than one is possible, by SO_REUSEPORT: then the kernel shares connections between them.
    """
    address = socket.inet_aton(socket.gethostbyname(host))
    wanted = {address, bytes(4), bytes(16), bytes(10) + b"\xff\xff" + address}
    with network.entered():
        try:
            found = _asked_of_kernel()
        except OSError:  # a kernel without the tcp_diag module
            found = _read_from_proc()
    return {inode for one, at, inode in found if one == port and at in wanted}


Listener = tuple[int, bytes, int]
"""Port, address in network order (4 or 16 bytes), inode."""

_DIAG_REQUEST = struct.Struct("=IHHII BBBxI48x")
_DIAG_LISTENER = struct.Struct("=BBBB HH16s16sIII IIIII")
_NETLINK_HEADER = struct.Struct("=IHHII")
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _NLMSG_ERROR, _NLMSG_DONE = 4, 20, 2, 3
_REQUEST_DUMP = 0x1 | 0x300
_TCP_LISTEN = 10


def _asked_of_kernel() -> list[Listener]:
    """Ask by sock_diag(7), as ss does: only listeners are visited.

    /proc/net/tcp costs 6 ms on an idle machine, since the kernel walks its whole table of connections.
    """
    found: list[Listener] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.settimeout(2)
        for family in (socket.AF_INET, socket.AF_INET6):
            kernel.send(
                _DIAG_REQUEST.pack(
                    *(_DIAG_REQUEST.size, _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 0, 0),
                    *(family, socket.IPPROTO_TCP, 0, 1 << _TCP_LISTEN),
                )
            )
            found.extend(_listeners_answered(kernel))
    return found


def _listeners_answered(kernel: socket.socket) -> Iterator[Listener]:
    while True:
        answer, offset = kernel.recv(1 << 17), 0
        while offset < len(answer):
            length, kind, *_ = _NETLINK_HEADER.unpack_from(answer, offset)
            if kind == _NLMSG_DONE:
                return
            body = offset + _NETLINK_HEADER.size
            if kind == _NLMSG_ERROR:
                code = -struct.unpack_from("=i", answer, body)[0]
                raise OSError(code, os.strerror(code))
            fields = _DIAG_LISTENER.unpack_from(answer, body)
            address = fields[6] if fields[0] == socket.AF_INET6 else fields[6][:4]
            yield socket.ntohs(fields[4]), address, fields[15]
            offset += (length + 3) & ~3


def _read_from_proc() -> list[Listener]:
    found: list[Listener] = []
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/thread-self/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[3], 16) == _TCP_LISTEN:
                    address, _, port = fields[1].partition(":")
                    # Words of four bytes, each in the machine's own order.
                    words = (int(address[i : i + 8], 16) for i in range(0, len(address), 8))
                    found.append(
                        (int(port, 16), b"".join(struct.pack("=I", w) for w in words), int(fields[9]))
                    )
    return found


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


def describe_holder(inode: int) -> str:
    """Say for people which process has a socket open."""
    found = find_holder(inode, all_pids())
    return describe(found[0]) if found else "a process of another user"


def family(pid: int) -> list[int]:
    """Give a process and its descendants, itself first."""
    parents: dict[int, list[int]] = {}
    for other in all_pids():
        if (fields := stat_of(other)) is not None:
            parents.setdefault(int(fields[1]), []).append(other)
    found = [pid]
    for member in found:
        found.extend(parents.get(member, ()))
    return found


def strangers(host: str, port: int, network: Network) -> str:
    """Say who listens on a port of a network, to follow a sentence; empty where nobody does."""
    inodes = sorted(listening_inodes(host, port, network))
    return "".join(f"; {describe_holder(inode)} listens on port {port}" for inode in inodes)
