"""The server: turns of the event loop, which request goes to which handler, and what belongs to all of it."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from broker.config import BrokerConfig
from broker.connection import Connection
from broker.fetch import Fetch
from broker.metadata.interface import MetadataStore
from broker.offsets import InitProducerId, ListOffsets, find_coordinator
from broker.produce import Produce
from broker.protocol.apis import SPOKEN, ApiKey, api_versions_response
from broker.protocol.codec import ProtocolError, Reader
from broker.replies import Reply
from broker.telemetry import Telemetry
from broker.topics import Topics
from broker.wal.group_commit import Commit
from broker.wal.log import Log
from broker.wal.partition import PartitionLog

_TURN_MAX_BYTES = 1024 * 1024


@dataclass(slots=True)
class Request:
    """A request other than Produce; ``reader`` stands after the client id. A handler answers ``reply``."""

    server: Server
    connection: Connection
    version: int
    reader: Reader
    reply: Reply

    @property
    def address(self) -> tuple[str, int]:
        """Where clients reach this broker."""
        return self.server.address

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Go on in a task, for what waits for a disk; its reply is written when it ends."""
        self.server.spawn(self, work)

    def flush(self) -> None:
        self.connection.flush()


class Server:
    """One broker's moving parts. Everything runs on the event loop's thread but the WAL's commits."""

    def __init__(
        self,
        config: BrokerConfig,
        store: MetadataStore,
        log: Log,
        telemetry: Telemetry,
        loop: asyncio.AbstractEventLoop,
        produce: type[Produce],
        fetch: type[Fetch],
        topics: type[Topics],
    ) -> None:
        self.config = config
        self.connections: set[Connection] = set()
        self.dirty: set[Connection] = set()
        self.address = ("", 0)
        self.produce = produce(log, store, telemetry)
        self._store = store
        self._log = log
        self._telemetry = telemetry
        self.replied = telemetry.replied
        self._clock = telemetry.clock
        self._loop = loop
        self._arrivals: list[tuple[Connection, bytes]] = []
        self._arrived_bytes = 0
        self._held: list[Connection] = []
        self._begun_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        made = topics(store, log, config.topics, self._forget_routes)
        self._handlers: dict[int, Callable[[Request], None]] = {
            ApiKey.FETCH: fetch(log, loop),
            ApiKey.LIST_OFFSETS: ListOffsets(log),
            ApiKey.METADATA: made.metadata,
            ApiKey.FIND_COORDINATOR: find_coordinator,
            ApiKey.API_VERSIONS: lambda request: request.reply.answer(api_versions_response(request.version)),
            ApiKey.CREATE_TOPICS: made.create,
            ApiKey.DELETE_TOPICS: made.delete,
            ApiKey.INIT_PRODUCER_ID: InitProducerId(store),
        }

    # -- a turn of the event loop

    def arrived(self, connection: Connection, data: bytes) -> None:
        """Called by each connection that has read something; all of one turn is handled at its end."""
        if not self._arrivals:
            self._begun_s = self._clock()
            self._loop.call_soon(self._turn)
        self._arrivals.append((connection, data))
        self._arrived_bytes += len(data)
        if self._arrived_bytes > _TURN_MAX_BYTES:
            # libuv reads one socket up to 32 times in a turn; without this that would pass any bound.
            connection.hold(self)
            self._held.append(connection)

    def _turn(self) -> None:
        arrivals = self._arrivals
        self._arrivals = []
        self._arrived_bytes = 0
        for connection, data in arrivals:
            try:
                connection.receive(data)
            except ProtocolError as error:
                _say(f"a client sent a malformed request and was disconnected: {error}")
                connection.close()
            except Exception:
                _say("a request failed and its client was disconnected:\n" + traceback.format_exc())
                connection.close()
        self.produce.finish(self._begun_s)
        if self._held:
            for connection in self._held:
                connection.release(self)
            self._held.clear()
        if self.dirty:
            self.flush()

    def flush(self) -> None:
        """One write to each connection that has something ready."""
        dirty = self.dirty
        for connection in dirty:
            connection.flush()
        dirty.clear()

    def handle(
        self,
        connection: Connection,
        api_key: int,
        version: int,
        correlation_id: int,
        data: bytes,
        start: int,
        stop: int,
    ) -> None:
        """Pass a request on by its key. Raises ProtocolError."""
        handler = self._handlers.get(api_key)
        low, high = SPOKEN.get(api_key, (0, -1))
        if handler is None or (not low <= version <= high and api_key != ApiKey.API_VERSIONS):
            raise ProtocolError(f"API {api_key} v{version} is not spoken")
        reader = Reader(data, start, stop)
        reader.nullable_string()
        handler(Request(self, connection, version, reader, Reply(connection, correlation_id)))

    def spawn(self, request: Request, work: Coroutine[Any, Any, None]) -> None:
        async def run() -> None:
            try:
                await work
            except ProtocolError as error:
                _say(f"a client sent a malformed request and was disconnected: {error}")
                request.connection.close()
            except Exception:
                _say("a request failed and its client was disconnected:\n" + traceback.format_exc())
                request.connection.close()
            request.connection.flush()

        task = self._loop.create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- what the log tells

    def on_commit(self, commit: Commit) -> None:
        """Runs after every waiter of a commit was told."""
        if self.dirty:
            self.flush()
        self._telemetry.committed(commit)

    def on_failure(self, logs: Iterable[PartitionLog]) -> None:
        """What was given out but never synced is taken back from the metadata store."""
        for log in logs:
            self._store.update_partition_offset(log.topic, log.partition, log.synced_end, log.start_offset)

    def _forget_routes(self) -> None:
        for connection in self.connections:
            connection.route = None
            connection.routes.clear()

    # -- what telemetry reads, from its own thread

    def connections_open(self) -> int:
        return len(self.connections)

    def requests_in_flight(self) -> int:
        return sum(len(connection.replies) for connection in tuple(self.connections))

    def queued_bytes(self) -> int:
        return sum(log.queued_bytes for log in self._log.partitions())

    def queued_batches(self) -> int:
        return sum(log.queued_batches for log in self._log.partitions())


def _say(message: str) -> None:
    print(f"chronik: {message}", file=sys.stderr, flush=True)
