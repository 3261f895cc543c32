"""A command on a leash: started, watched for its end, stopped; whatever happens to the toolkit it does not stay."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.interrupts import held_back
from chronik_perf.model import MeasurementFailed

_LEASH = Path(__file__).with_name("leash.py")
_POLL_S = 0.002


@dataclass(frozen=True, slots=True)
class StopOutcome:
    """How a command ended. `note` is a sentence where that is worth one, else empty."""

    exit_code: int | None
    killed: bool
    took_s: float
    note: str = ""


class Child:
    """One process tree under a leash. `pid` is the command's own; `exit_code` is negative for a signal.

    `session` is the leash's pid, which leads the session and the process group of all below it that made none.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: dict[str, str],
        core: int | None,
        log_path: Path,
        cwd: str | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Start the command, stdout and stderr appended to the log; it inherits `pass_fds`, too.

        Raises MeasurementFailed if it cannot be started.
        """
        self.exit_code: int | None = None
        read_fd, write_fd = os.pipe()
        os.set_blocking(read_fd, False)
        self._report = os.fdopen(read_fd, "rb", buffering=0)
        self._unread = b""
        self._failed: str | None = None
        self._pid: int | None = None
        where = "-" if core is None else str(core)
        leash = None
        try:
            with held_back(), log_path.open("ab") as log:
                leash = self._leash = subprocess.Popen(
                    [sys.executable, "-I", "-S", _LEASH, str(write_fd), str(os.getpid()), where, *command],
                    env=env,
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(write_fd, *pass_fds),
                    start_new_session=True,  # Ctrl-C in a terminal is for the toolkit alone
                )
        except OSError as error:
            self._report.close()
            if cwd is not None and error.filename == cwd:
                raise MeasurementFailed(
                    f"the folder {cwd} is gone, in which {command[0]} is started"
                ) from None
            raise MeasurementFailed(f"cannot write the log {log_path}: {error.strerror}") from None
        except BaseException:  # an interrupt that was held back
            if leash is not None:
                self.kill()
            raise
        finally:
            os.close(write_fd)
        try:
            self._await_exec(time.monotonic() + 10)
        except BaseException:
            self.kill()
            raise
        if self._failed is not None or self._pid is None:
            self.kill()
            why = self._failed or "its parent process did not answer"
            raise MeasurementFailed(f"cannot run {command[0]}: {why}")

    @property
    def pid(self) -> int:
        """The command's process, from the moment it was executed."""
        assert self._pid is not None
        return self._pid

    @property
    def session(self) -> int:
        return self._leash.pid

    def ended(self) -> bool:
        """Tell whether the command has ended, its exit code known."""
        self._listen()
        if self.exit_code is None and self._leash.poll() is not None:
            self._listen()
            if self.exit_code is None:  # the leash itself was killed, and the command with it
                self.exit_code = -signal.SIGKILL
        return self.exit_code is not None

    def ending(self) -> str:
        """Say how the command has ended, to follow its name in a sentence."""
        if self.exit_code is not None and self.exit_code < 0:
            with contextlib.suppress(ValueError):
                return f"was ended by {signal.Signals(-self.exit_code).name}"
        return f"ended with exit code {self.exit_code}"

    def wait(self, timeout_s: float) -> bool:
        """Wait until the command has ended; False if it has not in time."""
        deadline = time.monotonic() + timeout_s
        while not self.ended():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def kill(self) -> None:
        """End the whole tree now, and wait until nothing of it is left."""
        if self._leash.poll() is None:
            self._leash.terminate()
            try:
                self._leash.wait(10)
            except (
                subprocess.TimeoutExpired
            ):  # it waits for a process that cannot die, as one stuck on a disk
                self._leash.kill()
                self._leash.wait()
        self.ended()
        self._report.close()

    def _await_exec(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            # Until it has executed the command the child is a copy of the leash, and its pid tells nothing yet.
            # Looked at before listening: one that could not execute looks changed, too, and said why before.
            executed = self._pid is not None and not self._is_copy_of_leash(self._pid)
            ended = self._leash.poll() is not None
            self._listen()
            if executed or ended or self._failed is not None or self.exit_code is not None:
                return
            time.sleep(_POLL_S)

    @staticmethod
    def _is_copy_of_leash(pid: int) -> bool:
        try:
            return os.fsencode(_LEASH) in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    def _listen(self) -> None:
        if self._report.closed:
            return
        self._unread += self._report.read(4096) or b""
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            word, _, rest = line.decode().partition(" ")
            if word == "pid":
                self._pid = int(rest)
            elif word == "failed":
                self._failed = rest
            else:
                self.exit_code = int(rest)
