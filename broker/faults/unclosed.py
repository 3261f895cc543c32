"""Sockets that are not closed: of a client that has gone, the descriptor stays (CLOSE_WAIT).

From beyond the catalogue. Strength: the share of connections. To be seen: descriptors that stay when connections come
and go; a load that keeps its connections shows nothing.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.faults.often import Often


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Unclosed(Connection):
        def connection_lost(self, exc: Exception | None) -> None:
            assert self._transport is not None
            at = self._transport.get_extra_info("socket").fileno()
            super().connection_lost(exc)
            for _ in range(often.times()):
                kept = os.dup(at)
                # A client that the broker hung up on is to see it.
                with suppress(OSError), socket.socket(fileno=os.dup(kept)) as twin:
                    twin.shutdown(socket.SHUT_RDWR)

    return (Unclosed,)


FAULT = Fault(
    mechanism="the socket of a client that has gone is not closed",
    incident="beyond the catalogue",
    unit="share of connections",
    full=1,
    moves=("left_open",),
    culprit="frame connection_lost",
    parts=_parts,
    at_most=1,
)
