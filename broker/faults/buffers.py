"""Buffers for each connection: memory that a client takes by being there, whatever it sends.

Beyond the catalogue; it is what a buffer as large as the largest request, made ahead for speed, does to a broker
with thousands of clients. Strength: MB that are filled for each connection. To be seen: the memory that a broker
holds before it is asked for anything goes up with its connections; latency, throughput and CPU stay.
"""

from __future__ import annotations

import asyncio

from broker.connection import Connection
from broker.faults.fault import Fault, Part


def _parts(strength: float) -> tuple[Part, ...]:
    size_bytes = int(strength * 1e6)

    class Buffered(Connection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            # Filled, since a page that was never written to takes no memory.
            self.buffer = b"\1" * size_bytes
            super().connection_made(transport)

    return (Buffered,)


FAULT = Fault(
    mechanism="each connection gets a large buffer of its own",
    incident="beyond the catalogue",
    unit="MB per connection",
    full=0.5,
    moves=("resting_rss_bytes", "rss_bytes"),
    culprit="frame connection_made",
    parts=_parts,
)
