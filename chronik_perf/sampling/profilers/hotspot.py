"""Loads an agent into a running HotSpot JVM, as the JDK's own tools do, and without any of them.

The protocol is that of HotSpot's attach listener (attachListener_linux.cpp; JDK 8 to 25 speak this version of it): a
JVM that finds /tmp/.attach_pidN when it gets SIGQUIT opens the socket /tmp/.java_pidN, and takes one command from each
connection: version, name and three arguments, each ended by a zero byte.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import time
from pathlib import Path

_OPEN_LIMIT_S = 5.0
_POLL_S = 0.02
_MOST_ANSWER_BYTES = 64 << 10
_RETURNED = re.compile(r"^(?:return code: )?(-?\d+)$")


class Refused(Exception):
    """The JVM did not load the agent; the message says why, to follow the process's name and a colon."""


def load_agent(pid: int, library: Path, options: str, timeout_s: float) -> int:
    """Load a native agent into a JVM, or call it again with other options, and give what it returned.

    Raises Refused where the JVM lets nobody in, does not answer in time, or cannot load the library.
    """
    connection = _connect(pid, timeout_s)
    with connection:
        request = [b"1", b"load", os.fsencode(library), b"true", os.fsencode(options)]
        try:
            connection.sendall(b"".join(word + b"\0" for word in request))
            answer = _read(connection)
        except TimeoutError:
            raise Refused(f"the JVM did not answer within {timeout_s:g} s") from None
        except OSError as error:
            raise Refused(f"the JVM hung up: {error.strerror}") from None
    code, _, said = answer.partition("\n")
    lines = [line for line in said.splitlines() if line.strip()]
    returned = _RETURNED.match(lines[0]) if lines else None
    if code != "0" or returned is None:
        raise Refused(lines[0].strip() if lines else "the JVM lets no agent in")
    return int(returned[1])


def _read(connection: socket.socket) -> str:
    answer = b""
    while len(answer) < _MOST_ANSWER_BYTES and (some := connection.recv(4096)):
        answer += some
    return answer.decode(errors="replace")


def _connect(pid: int, timeout_s: float) -> socket.socket:
    owner, inner = _owner_and_inner_pid(pid)
    if not _shares_files(pid):
        raise Refused("it is in a container, where the JVM cannot see the profiler's library")
    if os.geteuid() not in (0, owner):
        raise Refused("it belongs to another user, and a JVM lets only its own user in")
    path = Path(f"/tmp/.java_pid{inner}")
    if not path.is_socket():
        _ask_to_open(pid, inner, path)
    with contextlib.suppress(OSError):
        if path.stat().st_uid not in (0, owner):
            raise Refused(f"{path} belongs to somebody else")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_s)
        connection.connect(str(path))
    except OSError as error:
        connection.close()
        raise Refused(f"the JVM's socket {path} cannot be reached: {error.strerror or error}") from None
    except BaseException:
        connection.close()
        raise
    return connection


def _ask_to_open(pid: int, inner: int, path: Path) -> None:
    """Have the JVM open its socket, and wait until it has."""
    if not _catches_quit(pid):
        raise Refused("it does not handle SIGQUIT, by which a JVM is asked to let somebody in")
    request = Path(f"/tmp/.attach_pid{inner}")
    try:
        os.close(os.open(request, os.O_CREAT | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise Refused(f"{request} cannot be made: {error.strerror}") from None
    try:
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + _OPEN_LIMIT_S
        while not path.is_socket():
            if time.monotonic() > deadline:
                raise Refused(
                    f"the JVM did not open its socket within {_OPEN_LIMIT_S:g} s (-XX:+DisableAttachMechanism?)"
                )
            time.sleep(_POLL_S)
    except OSError as error:
        raise Refused(f"it cannot be asked to let somebody in: {error.strerror}") from None
    finally:
        request.unlink(missing_ok=True)


def _owner_and_inner_pid(pid: int) -> tuple[int, int]:
    """Give the effective user of a process, and its number in its own PID namespace."""
    status = _status(pid)
    return int(status["Uid"].split()[1]), int(status.get("NSpid", str(pid)).split()[-1])


def _catches_quit(pid: int) -> bool:
    """Tell whether SIGQUIT would be handled; a process that does not handle it would be killed by it."""
    return bool(int(_status(pid)["SigCgt"], 16) >> (signal.SIGQUIT - 1) & 1)


def _status(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    except OSError:
        raise Refused("it has ended") from None
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _shares_files(pid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}/ns/mnt").st_ino == os.stat("/proc/self/ns/mnt").st_ino
    except OSError:
        return True  # not known, and the JVM will say what it cannot load
