"""The process of which each load process is a fork, as the toolkit sees it.

Load processes are started afresh with each broker, and to load their code took a fifth of a block's time. It is loaded
once, by a process that does nothing else, and whose forks have it at once. They are all alike in what a process draws
at its start, as its seed for hashes, which is as well: the generator's luck is on both sides.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import chronik_perf
from chronik_perf.interrupts import held_back
from chronik_perf.model import MeasurementFailed

_ANSWER_S, _CLOSE_S = 40.0, 2.0
_OWN_NETWORK = "/proc/thread-self/ns/net"
_STDERR_SHOWN = 300


class Fork:
    """A forked process: it can be ended and awaited, though its parent is another.

    It holds the other end of a pipe until it ends, and its pid is its own until the nursery buries it.
    """

    def __init__(self, nursery: Nursery, pid: int, life: int) -> None:
        self.pid = pid
        self._nursery = nursery
        self._life = life
        self._ended = False
        self._code: int | None = None

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended, `timeout_s` at most; tell whether it has."""
        if not self._ended:
            poll = select.poll()
            poll.register(self._life, select.POLLHUP)
            if not poll.poll(timeout_s * 1e3):
                return False
            self._ended = True
            os.close(self._life)
            self._code = self._nursery.bury(self.pid)
        return True

    def kill(self) -> None:
        """End it at once and await it. Harmless where it has ended already."""
        if not self._ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait(_ANSWER_S)

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        if not self._ended:
            return "still runs"
        if self._code is None:
            return "with the process that it was forked from"
        return f"signal {-self._code}" if self._code < 0 else f"exit code {self._code}"


class Nursery:
    """One such process. It dies with the thread that made it (PR_SET_PDEATHSIG), and its forks with it."""

    def __init__(self) -> None:
        """Start it, and come back while it still loads its code."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(_ANSWER_S)
        self._network = os.stat(_OWN_NETWORK).st_ino
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        # The package may be a checkout that is not installed; -P keeps the user's folder out of the way.
        home = str(Path(chronik_perf.__file__).parents[1])
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "chronik_perf.load.worker",
                    str(os.getpid()),
                    str(theirs.fileno()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=self._stderr,
                stderr=self._stderr,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, "PYTHONPATH": home},
                cwd="/",  # it outlives what folders its forks are for
                process_group=0,  # a terminal's Ctrl-C reaches the toolkit alone, which then ends these
            )

    def close(self) -> None:
        """Let it end, and await it; harmless where it has ended."""
        self._socket.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_CLOSE_S)
        self._stderr.close()

    @property
    def lives(self) -> bool:
        """Whether it can still be asked for a fork."""
        return self._process.poll() is None

    def fork(self, core: int | None, standard: Sequence[int]) -> Fork:
        """Fork a load process pinned to `core` (None: not pinned), its `standard` input, output and error given.

        It is in the folder and the network that the calling thread is in. Raises MeasurementFailed if there is no fork.
        """
        life, held = os.pipe()
        with contextlib.ExitStack() as stack:
            stack.callback(os.close, held)
            folder, network = (os.open(path, os.O_RDONLY) for path in (".", _OWN_NETWORK))
            for fd in (folder, network):
                stack.callback(os.close, fd)
            elsewhere = os.fstat(network).st_ino != self._network
            passed = [*standard, held, folder, *[network] * elsewhere]
            try:
                told = self._ask({"fork": -1 if core is None else core}, passed)
                return Fork(self, told["pid"], life)
            except BaseException:
                os.close(life)
                raise

    def bury(self, pid: int) -> int | None:
        """Give the exit code of a fork that has ended, negative for a signal; None where it is not to be had."""
        try:
            return self._ask({"bury": pid}, ())["code"]
        except MeasurementFailed:
            return None

    def _ask(self, message: dict[str, int], fds: Sequence[int]) -> dict[str, int]:
        """Have an answer. An interrupt between the two would leave it to whoever asks next."""
        with held_back():
            try:
                socket.send_fds(self._socket, [json.dumps(message).encode()], fds)
                answer: dict[str, int] = json.loads(self._socket.recv(1 << 12) or b"null") or {}
            except OSError as error:
                raise self._failed() from error
            if not answer:
                raise self._failed()
        return answer

    def _failed(self) -> MeasurementFailed:
        self._process.kill()
        self._process.wait()
        return MeasurementFailed(f"no load process could be made{last_words(self._stderr)}")


def last_words(stderr: IO[bytes]) -> str:
    """Give the last line that a process wrote, to follow how it ended; empty where there is none, or it is closed."""
    with contextlib.suppress(OSError, ValueError):
        stderr.seek(0)
        words = stderr.read().decode(errors="replace").strip()
        if words:
            return f", its last words: {words.splitlines()[-1][-_STDERR_SHOWN:]}"
    return ""


_nursery: Nursery | None = None


def nursery() -> Nursery:
    """Give the one of this process, made when it is first asked for."""
    global _nursery
    if _nursery is None or not _nursery.lives:
        if _nursery is not None:
            _nursery.close()
        _nursery = Nursery()
        atexit.register(_nursery.close)
    return _nursery
