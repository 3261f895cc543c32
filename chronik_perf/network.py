"""A network namespace for a broker and its load, in which every port is free; or the network that all share.

A namespace has no name and no mount: it is held by a descriptor of this process and by the processes in it, and the
kernel takes it away with the last of them, even after a SIGKILL.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import functools
import os
import socket
import struct
import threading
from collections.abc import Iterator

_CLONE_NEWNET = 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP: netdevice(7)
_IFREQ = struct.Struct("16sh22x")
_OF_THIS_THREAD = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


class Network:
    """Where sockets are made and processes started: the caller's own network (`HOST`), or a namespace (`new`)."""

    def __init__(self, fd: int | None = None) -> None:
        """`fd` is a descriptor of a network namespace, which `close` closes."""
        self._fd = fd

    @classmethod
    def new(cls) -> Network:
        """Make a namespace that has loopback alone. Raises OSError where this user may not, or may not leave it."""
        made: list[int | OSError] = []

        def make() -> None:
            try:
                made.append(_make())
            except OSError as error:
                made.append(error)

        # In a thread of its own: one that could not leave it again would take the toolkit's connections along.
        thread = threading.Thread(target=make, name="namespace")
        thread.start()
        thread.join()
        (fd,) = made
        if isinstance(fd, OSError):
            raise fd
        return cls(fd)

    @property
    def is_namespace(self) -> bool:
        """Tell whether it is a namespace of its own."""
        return self._fd is not None

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Make sockets and start processes and threads in it; they stay there. Counts for this thread alone."""
        if self._fd is None:
            yield
            return
        before = os.open(_OF_THIS_THREAD, os.O_RDONLY)
        try:
            enter(self._fd)
            yield
        finally:
            enter(before)
            os.close(before)

    def close(self) -> None:
        """Let go of it; what still runs in it keeps it alive."""
        if self._fd is not None:
            os.close(self._fd)


HOST = Network()
"""The network of whoever calls, as everything has it that asks for no other."""


@functools.cache
def why_no_namespace() -> str:
    """Say why this user can have no network namespace on this machine, to follow a colon; empty where it can.

    Tried once, since making and ending one is work for the kernel, which must not fall between measurements.
    """
    try:
        Network.new().close()
    except OSError as error:
        if error.errno == errno.EPERM:
            return "this user may not make and enter one, which takes CAP_SYS_ADMIN and CAP_NET_ADMIN, as root has them"
        if error.errno == errno.ENOSPC:
            return "as many as the limit user.max_net_namespaces allows are there already"
        return f"the kernel makes none ({error.strerror})"
    return ""


def _make() -> int:
    before = os.open(_OF_THIS_THREAD, os.O_RDONLY)
    try:
        _called(_libc.unshare(_CLONE_NEWNET))
        _loopback_up()
        made = os.open(_OF_THIS_THREAD, os.O_RDONLY)
        try:
            enter(before)
            enter(made)
        except OSError:
            os.close(made)
            raise
        return made
    finally:
        os.close(before)


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        name, flags = _IFREQ.unpack(fcntl.ioctl(any_socket, _GET_FLAGS, _IFREQ.pack(b"lo", 0)))
        fcntl.ioctl(any_socket, _SET_FLAGS, _IFREQ.pack(name, flags | _UP))


def enter(fd: int) -> None:
    """Let this thread be in the network namespace of a descriptor. Raises OSError."""
    _called(_libc.setns(fd, _CLONE_NEWNET))  # os.setns is younger than the oldest Python that this runs on


def _called(code: int) -> None:
    if code != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
