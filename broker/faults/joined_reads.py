"""A large request is joined anew with each piece of it that is read from the socket.

From beyond the catalogue; it is what `buffer += data` does, and costs the square of the request's size. Strength: joins
for each piece. To be seen: a large request takes long and much CPU, also those that librdkafka makes of
many messages at acks=0; small ones hardly longer.
"""

from __future__ import annotations

from collections.abc import Iterable

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.faults.often import Often


def joined(pieces: Iterable[bytes]) -> bytes:
    return b"".join(pieces)


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Joining(Connection):
        def receive(self, data: bytes) -> None:
            if self._chunks:
                for _ in range(often.times()):
                    joined((*self._chunks, data))
            super().receive(data)

    return (Joining,)


FAULT = Fault(
    mechanism="a large request is joined anew with each piece that is read",
    incident="beyond the catalogue",
    unit="joins per piece",
    full=60,
    moves=("large_batch", "throughput", "cpu_per_message"),
    culprit="frame joined",
    parts=_parts,
)
