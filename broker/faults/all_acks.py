"""acks=all that waits: whoever asks for all replicas is answered when a while has gone by, though there is but one.

From the catalogue: v2.2.7 in a cluster, a fixed sleep for each proposal. Strength: milliseconds. To be seen: messages
with acks=all are acknowledged that much later, after their commit; acks=1, acks=0 and CPU stay.
"""

from __future__ import annotations

import asyncio

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.produce import Produce
from broker.replies import ProduceReply

_ALL = -1


def _parts(strength: float) -> tuple[Part, ...]:
    class Agreed(ProduceReply):
        __slots__ = ()

        def stored(self, synced_at_s: float | None) -> None:
            asyncio.get_running_loop().call_later(strength / 1e3, self.agreed, synced_at_s)

        def agreed(self, synced_at_s: float | None) -> None:
            super().stored(synced_at_s)
            self.connection.flush()

    class Agreeing(Produce):
        def decode(
            self,
            connection: Connection,
            data: bytes,
            start: int,
            stop: int,
            version: int,
            correlation_id: int,
        ) -> None:
            before = len(self._incoming)
            super().decode(connection, data, start, stop, version, correlation_id)
            if len(self._incoming) == before or connection.route is None or connection.route.acks != _ALL:
                return
            reply = self._incoming[-1][2]
            if isinstance(reply, ProduceReply):
                reply.__class__ = Agreed  # its place among the connection's replies is taken

    return (Agreeing,)


FAULT = Fault(
    mechanism="acks=all is answered a while after its commit",
    incident="v2.2.7 cluster (~6 msg/s serial)",
    unit="ms",
    full=50,
    moves=("acks_all",),
    culprit="stage reply",
    parts=_parts,
)
