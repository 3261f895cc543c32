"""Large replies are sent by a write that blocks: the event loop waits for a client that reads slowly.

From beyond the catalogue; it is a `sendall` with a time limit where the transport has a buffer. Strength: ms that it
waits at most for one reply of more than 64 KiB; what is left then goes the usual way. To be seen: beside a client that
asks for much and does not read it everything takes long, on all connections; where all clients read, next to nothing.
"""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from contextlib import suppress
from itertools import takewhile

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.fetch import Fetch
from broker.protocol.fetch import FetchRequest
from broker.replies import Reply
from broker.server import Request

_LARGE_BYTES = 64 * 1024


def send_blocking(client: socket.socket, pieces: deque[memoryview], most_s: float) -> None:
    """Send pieces, and take away what was sent, until nothing is left or the time is up."""
    ends_s = time.monotonic() + most_s
    # A client that is gone, too: the transport finds out the same when it writes the rest.
    with suppress(OSError):
        while pieces and (left_s := ends_s - time.monotonic()) > 0:
            client.settimeout(left_s)
            pieces[0] = pieces[0][client.send(pieces[0]) :]
            if not pieces[0]:
                pieces.popleft()


def _is_large(reply: Reply) -> bool:
    return len(reply.encoded or b"") > _LARGE_BYTES


def _parts(strength: float) -> tuple[Part, ...]:
    class Blocking(Connection):
        # Looked for where something large may be: all other replies leave as quickly as before.
        has_large = False

        def flush(self) -> None:
            if not self.has_large:
                super().flush()
                return
            transport = self._transport
            ready = list(takewhile(lambda reply: reply.encoded is not None, self.replies))
            # What the transport still holds has to be sent before.
            if any(map(_is_large, ready)) and transport is not None and not transport.get_write_buffer_size():
                pieces: deque[memoryview] = deque()
                with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as twin:
                    for reply in ready:
                        large = _is_large(reply)
                        pieces.append(memoryview(reply.encoded or b""))
                        reply.encoded = b""
                        if large:
                            send_blocking(twin, pieces, strength / 1e3)
                ready[-1].encoded = b"".join(pieces)
            super().flush()
            self.has_large = any(map(_is_large, self.replies))

    class Telling(Fetch):
        def answer(self, request: Request, wanted: FetchRequest) -> None:
            super().answer(request, wanted)
            if _is_large(request.reply) and isinstance(request.connection, Blocking):
                request.connection.has_large = True

    return (Blocking, Telling)


FAULT = Fault(
    mechanism="large replies are sent by a write that blocks",
    incident="beyond the catalogue",
    unit="ms at most for one large reply",
    full=50,
    moves=("beside_reader",),
    culprit="frame send_blocking",
    parts=_parts,
)
