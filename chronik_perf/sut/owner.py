"""Which process of a broker's family is the broker: the one that listens on its port."""

from __future__ import annotations

from dataclasses import dataclass

from chronik_perf.processes import Identity, identity
from chronik_perf.sut import listeners


@dataclass(slots=True)
class Owner:
    """The listener among the processes of a command that was started as `started_pid`; None until it was seen."""

    started_pid: int
    process: Identity | None = None
    _fd: str = ""

    @property
    def pid(self) -> int:
        """Give the listener's pid; the command's own until it was seen."""
        return self.process.pid if self.process else self.started_pid

    @property
    def gone(self) -> bool:
        """Tell whether the process that was seen to listen has ended."""
        return self.process is not None and identity(self.process.pid) != self.process

    def holds(self, inode: int) -> bool:
        """Tell whether a listening socket is the broker's; whoever of the family holds the first one is the broker."""
        if self.process and listeners.holds(self.process.pid, self._fd, inode):
            return True
        found = listeners.find_holder(inode, listeners.family(self.started_pid))
        who = identity(found[0]) if found else None
        if found is None or who is None or self.process not in (None, who):
            return False
        self.process, self._fd = who, found[1]
        return True
