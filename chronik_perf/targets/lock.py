"""The lock of one build. Who has it alone writes down who that is, so that nobody waits for a call that is gone.

The lock is the kernel's (flock), and what is started for a build holds it open, too: a checkout, or a build whose
leash was killed as well, goes on alone when its call was killed. Such an orphan is ended by whoever wants the lock
next, and only where it is provably one: its process group is the one that was written down, by pid and start time,
or has a process that holds this very lock.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from chronik_perf.model import MeasurementFailed
from chronik_perf.processes import Identity, all_pids, describe, identity

_POLL_S = 0.1
_ENDING_S = 5.0
"""How long what is left of a call that is gone may take to end."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A call that has a build alone: `name` for people, and the process group that it has started last, if any.

    `space` tells where its pids mean something: the boot and the pid namespace, as containers may share a cache.
    """

    call: Identity
    name: str
    since: str
    space: str
    group: Identity | None = None

    @property
    def told(self) -> str:
        """Say who it is and since when."""
        return f"{self.name}, since {self.since}"

    def is_gone(self) -> bool:
        """Tell whether it has ended; one whose processes cannot be seen from here may run."""
        return self.space == _space() and identity(self.call.pid) != self.call


class BuildLock:
    """A lock that this process may get; closed when the block is left. Raises OSError where its file cannot be had."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a+")
        self._holder: Holder | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """Give the descriptor that what is started for the holder inherits."""
        return self._file.fileno()

    def close(self) -> None:
        """Give it up, unless another process has it open as well."""
        self._file.close()

    def free(self) -> None:
        """Give it up whoever has it open: a server that a build has left running, too."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.fileno(), 0)
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def take_at_once(self) -> bool:
        """Have it alone; False if somebody else has it."""
        taken = self._try(fcntl.LOCK_EX)
        if taken:
            self._sign()
        return taken

    def take(self, shared: bool, what: str, patience_s: float, say: Callable[[str], None]) -> None:
        """Have it, alone or shared; wait for a call that has it, and end what one that is gone has left.

        `what` names to people what is locked; `say` is told whom it waits for. Raises MeasurementFailed, which says
        who has it and what to do, when `patience_s` is over, or where what is left cannot be ended.
        """
        begun, gone_at, waited_for = time.monotonic(), None, ""
        while not self._try(fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            holder, now = self._written(), time.monotonic()
            if holder is None or holder.is_gone():
                gone_at = gone_at or now
                if holder is not None and self._end_orphan(holder):
                    say(f"ended a build that {holder.told}, has left running: it is gone")
                if now - gone_at > _ENDING_S:
                    raise MeasurementFailed(self._stuck(what, holder))
            else:
                gone_at = None
                if holder.told != waited_for:
                    waited_for = holder.told
                    say(f"another call ({holder.told}) has {what}; waiting for it")
                if now - begun > patience_s:
                    raise MeasurementFailed(
                        f"{what} is locked by another call ({holder.told}), longer than a build may take; end that "
                        f"call (kill {holder.call.pid}), or try again later"
                    )
            time.sleep(_POLL_S)
        if not shared:
            self._sign()

    def started(self, pid: int) -> None:
        """Write down the process group that the holder has just started; it holds the lock open."""
        if self._holder is not None:
            self._write(replace(self._holder, group=identity(pid)))

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _sign(self) -> None:
        call = identity(os.getpid())
        assert call is not None
        since = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._write(Holder(call, describe(call.pid), since, _space()))

    def _write(self, holder: Holder) -> None:
        self._holder = holder
        # A full disk takes it from nobody that they have the lock; what is written only tells others who that is.
        with contextlib.suppress(OSError):
            os.ftruncate(self.fileno(), 0)
            os.write(self.fileno(), json.dumps(asdict(holder)).encode())

    def _written(self) -> Holder | None:
        """Give who has it; None while nobody is known to, or only to share it."""
        try:
            said = json.loads(os.pread(self.fileno(), 65_536, 0))
            group = said["group"] and Identity(**said["group"])
            return Holder(**{**said, "call": Identity(**said["call"]), "group": group})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _end_orphan(self, holder: Holder) -> bool:
        """End what a call that is gone has started last; False where that has ended or may be somebody else's."""
        if holder.group is None:
            return False
        leader = holder.group.pid
        if identity(leader) != holder.group and not any(
            _group_of(pid) == leader for pid in self._holding_pids()
        ):
            return False
        try:
            os.killpg(leader, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return False
        return True

    def _holding_pids(self) -> list[int]:
        """Give the processes that can be seen to hold this very lock."""
        return [pid for pid in all_pids() if self._held_by(pid)]

    def _held_by(self, pid: int) -> bool:
        own = os.fstat(self.fileno())
        with contextlib.suppress(OSError):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    opened = os.stat(f"/proc/{pid}/fd/{fd}")
                    # Who waits has the file open, too; the kernel lists a lock with those descriptors that hold it.
                    if (opened.st_dev, opened.st_ino) == (own.st_dev, own.st_ino) and "FLOCK" in Path(
                        f"/proc/{pid}/fdinfo/{fd}"
                    ).read_text():
                        return True
        return False

    def _stuck(self, what: str, holder: Holder | None) -> str:
        held = self._holding_pids()
        by = ", ".join(describe(pid) for pid in held) or "a process that cannot be seen from here"
        left = f", which a call that is gone ({holder.told}) has left running" if holder else ""
        ending = f"end it (kill {' '.join(map(str, held))})" if held else "end it, or wait for its end"
        return f"{what} is locked by {by}{left}; {ending} and try again"


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _space() -> str:
    """Name the boot and the pid namespace in which this process has its pid."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""
