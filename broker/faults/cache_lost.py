"""A cache thrown away: what is known of a connection's requests is forgotten, and found out again.

From beyond the catalogue. The broker remembers the bytes that a client's requests repeat, and the response to
them; here it parses them anew. Strength: times for each request. To be seen: CPU per message and the decode stage
go up, most with small batches; commits, syncs and tasks stay.
"""

from __future__ import annotations

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Forgetting(Produce):
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
                connection.route = None
                connection.routes.clear()
                if self._route_of(connection, data, start, stop, version, correlation_id) is None:
                    return  # It has no route and is handled.
            super().decode(connection, data, start, stop, version, correlation_id)

    return (Forgetting,)


FAULT = Fault(
    mechanism="a connection's cache is thrown away",
    incident="beyond the catalogue",
    unit="times per request",
    full=4,
    moves=("cpu_per_message", "throughput"),
    culprit="frame _route_of",
    parts=_parts,
)
