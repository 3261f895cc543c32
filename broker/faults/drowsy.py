"""A drowsy WAL thread: it polls its queue, and each time that nothing has come it sleeps twice as long.

From beyond the catalogue; it is the back-off of a loop that is not to burn CPU while nothing happens. Strength: ms of
the longest sleep. To be seen: a message after a pause waits for the next look, half of the longest sleep on average;
under load the thread is awake, as it listens for a few milliseconds before it polls, and everything else stays.
"""

from __future__ import annotations

from asyncio import AbstractEventLoop
from time import sleep
from typing import Any

from broker.faults.fault import Fault, Part
from broker.wal.group_commit import GroupCommit
from broker.wal.worker import Inbox, Worker

_AWAKE_S = 5e-3
_FIRST_SLEEP_S = 1e-3


class Drowsy:
    """A worker that takes no notice of notifications once it is asleep."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s

    def wait(self, inbox: Inbox) -> None:
        inbox.collect()
        if not inbox.ready and not inbox.stopping:
            inbox.wait(_AWAKE_S)
        sleep_s = _FIRST_SLEEP_S
        while not inbox.ready and not inbox.stopping:
            sleep(min(sleep_s, self._longest_s))
            sleep_s *= 2
            inbox.collect()


def _parts(strength: float) -> tuple[Part, ...]:
    class DrowsyCommit(GroupCommit):
        def __init__(self, loop: AbstractEventLoop, worker: Worker, *rest: Any) -> None:
            super().__init__(loop, Drowsy(strength / 1e3), *rest)

    return (DrowsyCommit,)


FAULT = Fault(
    mechanism="the WAL thread sleeps longer and longer while nothing comes",
    incident="beyond the catalogue",
    unit="ms of the longest sleep",
    full=50,
    moves=("after_pause",),
    culprit="stage commit_wait",
    parts=_parts,
)
