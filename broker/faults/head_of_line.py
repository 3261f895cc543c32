"""Head-of-line blocking in replies: those of all connections leave through one queue, a generation at a time.

From beyond the catalogue; it is what one writer for all connections does that would save system calls. A
generation is what was read while the one before waited, and leaves when all of it is answered, so that each
waits for the slowest before it on any connection. Strength: requests in a generation at most; 1 still keeps the
order of all connections. To be seen: latency up on many connections, more so beside a slow request such as a
consumer's; the commit_wait stage and the time of a sync stay, as does CPU per message.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.replies import Reply


class Generations:
    """The queue: generations that wait, the oldest first, and the one that still takes in."""

    def __init__(self, max_replies: float) -> None:
        self._max_replies = max_replies
        self._waiting: deque[list[Reply]] = deque()
        self._open: list[Reply] = []

    def add(self, replies: Iterable[Reply]) -> None:
        for reply in replies:
            self._open.append(reply)
            if len(self._open) >= self._max_replies:
                self._close()

    def leave(self) -> list[Reply]:
        """Take out what may be written now."""
        leaving: list[Reply] = []
        while True:
            if not self._waiting and self._open:
                self._close()
            if not self._waiting or not all(map(_is_done, self._waiting[0])):
                return leaving
            leaving += self._waiting.popleft()

    def _close(self) -> None:
        self._waiting.append(self._open)
        self._open = []


def _is_done(reply: Reply) -> bool:
    return reply.encoded is not None or not reply.connection.is_open


def _parts(strength: float) -> tuple[Part, ...]:
    generations = Generations(strength)

    class Queueing(Connection):
        def receive(self, data: bytes) -> None:
            known = len(self.replies)
            try:
                super().receive(data)
            finally:
                generations.add(islice(self.replies, known, None))

        def flush(self) -> None:
            for connection in {reply.connection for reply in generations.leave()}:
                assert isinstance(connection, Queueing)
                connection.write()

        def write(self) -> None:
            super().flush()

    return (Queueing,)


FAULT = Fault(
    mechanism="a reply waits for the replies before it on all connections",
    incident="beyond the catalogue",
    unit="requests that leave together at most",
    full=1000,
    moves=("throughput", "p50", "p99"),
    culprit="stage reply",
    parts=_parts,
)
