"""One client's connection: frames in, replies out in request order, and when it must stop reading."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

from broker.protocol.codec import ProtocolError
from broker.protocol.produce import HEADER
from broker.replies import Reply

if TYPE_CHECKING:
    from broker.produce import Route
    from broker.server import Server

_SHORTEST_REQUEST_BYTES = 10
"""API key, version, correlation id and the length of a client id."""


class Connection(asyncio.Protocol):
    """Parses what arrives when the server's turn comes; ``replies`` holds a place for each request.

    ``route`` and ``routes`` are the produce handler's memory of what this client's requests look like.
    """

    def __init__(self, server: Server) -> None:
        self.replies: deque[Reply] = deque()
        self.route: Route | None = None
        self.routes: dict[bytes, Route] = {}
        self.dirty = server.dirty
        self._server = server
        self._max_frame_bytes = server.config.network.max_frame_bytes
        self._max_in_flight = server.config.network.max_in_flight_requests
        self._arrived = server.arrived
        self._replied = server.replied
        self._transport: asyncio.Transport | None = None
        self._holds: set[object] = set()
        self._chunks: list[bytes] = []
        self._chunks_bytes = 0
        self._needed_bytes = 0

    # -- asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._chunks = []
        self.replies.clear()
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        self._arrived(self, data)

    def pause_writing(self) -> None:
        # A client that does not read its replies gets no further requests read.
        self.hold("unread replies")

    def resume_writing(self) -> None:
        self.release("unread replies")

    # -- the server's side

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def receive(self, data: bytes) -> None:
        """Handle every whole request in ``data`` and what came before. Raises ProtocolError."""
        if self._chunks:
            self._chunks.append(data)
            self._chunks_bytes += len(data)
            if self._chunks_bytes < self._needed_bytes:
                return
            data = b"".join(self._chunks)
            self._chunks = []
        server = self._server
        max_frame_bytes = self._max_frame_bytes
        start = 0
        end = len(data)
        while end - start >= 12:
            size, api_key, version, correlation_id = HEADER.unpack_from(data, start)
            if not _SHORTEST_REQUEST_BYTES <= size <= max_frame_bytes:
                raise ProtocolError(
                    f"a request of {size} bytes; network.max_frame_bytes allows {max_frame_bytes}"
                )
            stop = start + 4 + size
            if stop > end:
                break
            if api_key == 0:
                server.produce.decode(self, data, start, stop, version, correlation_id)
            else:
                server.handle(self, api_key, version, correlation_id, data, start + 12, stop)
            start = stop
        if start < end:
            self._keep(data[start:] if start else data)
        if len(self.replies) > self._max_in_flight:
            self.hold("requests in flight")

    def _keep(self, rest: bytes) -> None:
        """Keep the beginning of a request until all of it has come."""
        self._needed_bytes = 4 + int.from_bytes(rest[:4], "big") if len(rest) >= 12 else 12
        self._chunks = [rest]
        self._chunks_bytes = len(rest)

    def flush(self) -> None:
        """Write the replies that are ready and have no unready one before them, in one piece."""
        replies = self.replies
        ready: list[bytes] = []
        batches = 0
        synced_at_sum_s = 0.0
        while replies and (encoded := replies[0].encoded) is not None:
            ready.append(encoded)
            reply = replies.popleft()
            if reply.batches:
                batches += reply.batches
                synced_at_sum_s += reply.synced_at_sum_s
        if ready and self._transport is not None:
            self._transport.write(ready[0] if len(ready) == 1 else b"".join(ready))
            if batches:
                self._replied(batches, synced_at_sum_s)
        if self._holds and len(replies) <= self._max_in_flight // 2:
            self.release("requests in flight")

    def close(self) -> None:
        """Hang up on the client; what was written before is still sent."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def hold(self, reason: object) -> None:
        """Stop reading until every reason is released."""
        if not self._holds and self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
        self._holds.add(reason)

    def release(self, reason: object) -> None:
        if reason not in self._holds:
            return
        self._holds.discard(reason)
        if not self._holds and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
