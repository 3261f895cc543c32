"""A busy loop after a disconnect: the end of a dead connection's stream is read again and again.

From the catalogue: v2.2.25, some 17,000 reads a second for each socket whose client has gone. Strength: thousands
of reads a second for each. To be seen: the broker uses CPU while nobody talks to it, so that it spoils whoever is
measured next, and keeps a descriptor for each client that was there; CPU per message grows with the number of
clients that have come and gone. Syncs and tasks stay.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

from broker.connection import Connection
from broker.faults.fault import Fault, Part

_SHORTEST_WAIT_MS = 1.0


def _parts(strength: float) -> tuple[Part, ...]:
    wait_ms = max(_SHORTEST_WAIT_MS, 1 / strength)
    reads = max(round(strength * wait_ms), 1)

    class Undead(Connection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self._twin = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            # A client that the broker hung up on is to see it, though its socket stays open here.
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)
            self._loop = asyncio.get_running_loop()
            self.read_end()

        def read_end(self) -> None:
            for _ in range(reads):
                with suppress(OSError):
                    os.read(self._twin.fileno(), 65536)
            self._loop.call_later(wait_ms / 1e3, self.read_end)

    return (Undead,)


FAULT = Fault(
    mechanism="a dead socket is read again and again",
    incident="v2.2.25",
    unit="thousands of reads per second and dead socket",
    full=17,
    moves=("idle_share", "cpu_per_message", "throughput"),
    culprit="frame read_end",
    parts=_parts,
)
