"""A copy too many: for every request all of what was read from the socket is copied, not only the request.

From beyond the catalogue; it is what slicing a buffer does where a position would do, and costs the square of
the requests that one read brought. Strength: copies for each request. To be seen: CPU per message and the decode
stage go up, most where many requests are in flight on one connection; commits, syncs and tasks stay.
"""

from __future__ import annotations

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce


def copied(data: bytes) -> bytes:
    return bytes(memoryview(data))


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Copying(Produce):
        def decode(
            self,
            connection: Connection,
            data: bytes,
            start: int,
            stop: int,
            version: int,
            correlation_id: int,
        ) -> None:
            for _ in range(often.times()):
                data = copied(data)
            super().decode(connection, data, start, stop, version, correlation_id)

    return (Copying,)


FAULT = Fault(
    mechanism="all that was read is copied for every request in it",
    incident="beyond the catalogue",
    unit="copies per request",
    full=100,
    moves=("cpu_per_message", "throughput"),
    culprit="frame copied",
    parts=_parts,
)
