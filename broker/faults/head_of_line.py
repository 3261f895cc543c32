"""Head-of-line blocking in replies: those of all connections leave through one queue, in order and in bulk.

From beyond the catalogue; it is what one writer for all connections does that would save system calls. A reply
waits for every one before it, on whatever connection, and then until so many are ready, or all that was asked is
answered. Strength: replies that leave together at least, while any is missing; 1 still keeps the order of all
connections. To be seen: the reply stage and latency go up without bound beside a slow request, such as a consumer
that waits; little in a load of nothing but produce, of which what is in flight is mostly committed together. The
time of a sync and CPU per message stay.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.replies import Reply


class ReplyQueue:
    """The replies of all connections, in the order in which their requests were read."""

    def __init__(self, least_replies: float) -> None:
        self._least_replies = least_replies
        self._missing: deque[Reply] = deque()
        self._ready: list[Reply] = []

    def add(self, replies: Iterable[Reply]) -> None:
        self._missing.extend(replies)

    def leave(self) -> list[Reply]:
        """Take out what may be written now."""
        while self._missing and _is_done(self._missing[0]):
            self._ready.append(self._missing.popleft())
        if self._missing and len(self._ready) < self._least_replies:
            return []
        leaving, self._ready = self._ready, []
        return leaving


def _is_done(reply: Reply) -> bool:
    return reply.encoded is not None or not reply.connection.is_open


def _parts(strength: float) -> tuple[Part, ...]:
    queue = ReplyQueue(strength)

    class Queueing(Connection):
        def receive(self, data: bytes) -> None:
            known = len(self.replies)
            try:
                super().receive(data)
            finally:
                queue.add(islice(self.replies, known, None))

        def flush(self) -> None:
            for connection in {reply.connection for reply in queue.leave()}:
                assert isinstance(connection, Queueing)
                connection.write()

        def write(self) -> None:
            super().flush()

    return (Queueing,)


FAULT = Fault(
    mechanism="a reply waits for the replies before it on all connections",
    incident="beyond the catalogue",
    unit="replies that leave together at least",
    full=128,
    moves=("beside_slow", "produce_beside", "p50", "p99"),
    culprit="stage reply",
    parts=_parts,
)
