"""Produce: from a request's bytes to batches in the queues of their partitions.

All requests that one turn of the event loop has read pass each stage together: decode, metadata, append.
That costs two clock readings a stage and turn instead of two a batch, and keeps each loop small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from google_crc32c import value as crc32c

from broker.metadata.interface import MetadataStore
from broker.protocol.codec import ProtocolError, Reader
from broker.protocol.errors import ErrorCode
from broker.protocol.produce import (
    NO_OFFSET,
    REPEATED_AT,
    PartitionData,
    ResponseTemplate,
    decode,
)
from broker.refusals import Header, answer_misplaced, refuse, why
from broker.replies import ManyReply, PartReply, ProduceReply
from broker.telemetry import Telemetry
from broker.wal.log import Log
from broker.wal.partition import PartitionLog
from broker.wal.record import (
    BATCH,
    BATCH_HEADER_BYTES,
    BATCH_PREFIX_BYTES,
    HEADER_BYTES,
    LENGTH_BEFORE_REST,
    encode_header,
)

if TYPE_CHECKING:
    from broker.connection import Connection

_TRANSACTIONAL_OR_CONTROL = 0x30
_LOWEST_VERSION, _HIGHEST_VERSION = 3, 8
_MAX_ROUTES = 1000

Incoming: TypeAlias = "tuple[Connection, PartitionLog, ProduceReply | PartReply | None, Header, bytes]"
"""A sound batch: who sent it, where it goes, who waits for it (None for acks=0), its header, its rest."""


class Route:
    """What a request that repeats the last one's bytes means, and how it is answered."""

    __slots__ = ("acks", "log", "repeated", "template", "version", "where")

    def __init__(self, version: int, repeated: bytes, log: PartitionLog, acks: int) -> None:
        self.version = version
        self.repeated = repeated
        self.where = REPEATED_AT + len(repeated)
        self.log = log
        self.acks = acks
        self.template = ResponseTemplate(version, log.topic, log.partition, log.start_offset)


class Produce:
    """The handler. ``decode`` is called for each request of a turn, ``finish`` once at its end."""

    def __init__(self, log: Log, store: MetadataStore, telemetry: Telemetry) -> None:
        self._log = log
        self._note_offset = store.update_partition_offset
        self._telemetry = telemetry
        self._incoming: list[Incoming] = []

    def decode(
        self, connection: Connection, data: bytes, start: int, stop: int, version: int, correlation_id: int
    ) -> None:
        """Check a request that lies between two positions. Raises ProtocolError."""
        route = connection.route
        if (
            route is None
            or route.version != version
            or not data.startswith(route.repeated, start + REPEATED_AT)
            or start + route.where + 4 > stop
        ):
            route = self._route_of(connection, data, start, stop, version, correlation_id)
            if route is None:
                return
        begin = start + route.where + 4
        if begin + int.from_bytes(data[begin - 4 : begin], "big") != stop:
            self._decode_any(connection, data, start, stop, version, correlation_id)
            return
        log = route.log
        reply = ProduceReply(connection, correlation_id, version, log, route.template) if route.acks else None
        self._take(connection, log, reply, data, begin, stop)

    def _take(
        self,
        connection: Connection,
        log: PartitionLog,
        reply: ProduceReply | PartReply | None,
        data: bytes,
        begin: int,
        stop: int,
    ) -> None:
        """Check the record batch between two positions, and keep it for the next stage or refuse it."""
        if stop - begin < BATCH_HEADER_BYTES:
            refuse(connection, reply, ErrorCode.CORRUPT_MESSAGE)
            return
        header: Header = BATCH.unpack_from(data, begin)
        rest = data[begin + BATCH_PREFIX_BYTES : stop]
        if (
            log.refuses
            or header[2] != 2
            or header[0] != stop - begin - LENGTH_BEFORE_REST
            or header[5] != header[10] - 1
            or header[10] <= 0
            or header[4] & _TRANSACTIONAL_OR_CONTROL
            or crc32c(rest) != header[3]
        ):
            refuse(connection, reply, why(log, header, rest, stop - begin))
            return
        self._incoming.append((connection, log, reply, header, rest))

    def finish(self, begun_s: float) -> None:
        """Give every batch of the turn its offsets and queue it."""
        incoming = self._incoming
        if not incoming:
            return
        self._incoming = []
        clock = self._telemetry.clock
        decoded_s = clock()
        bases = [self._place(log, reply, header) for _, log, reply, header, _ in incoming]
        noted_s = clock()
        messages, size_bytes = self._append(incoming, bases, noted_s)
        self._telemetry.turn(len(incoming), messages, size_bytes, begun_s, decoded_s, noted_s, clock())

    def _place(self, log: PartitionLog, reply: ProduceReply | PartReply | None, header: Header) -> int:
        """The batch's base offset, noted in the metadata store; NO_OFFSET where it is not to be stored."""
        count = header[10]
        base = log.next_offset
        if header[7] >= 0:
            found = log.producers.admit(header[7], header[8], header[9], count)
            if found is not None:
                answer_misplaced(log, reply, found, count)
                return NO_OFFSET
            log.producers.note(header[7], header[8], header[9], count, base)
        end = log.next_offset = base + count
        if reply is not None:
            reply.base_offset = base
        self._note_offset(log.topic, log.partition, end, log.start_offset)
        return base

    def _append(self, incoming: list[Incoming], bases: list[int], now_s: float) -> tuple[int, int]:
        """Build the WAL records and queue them; messages and bytes of the batches."""
        log_of_all = self._log
        messages = size_bytes = 0
        touched: dict[PartitionLog, None] = {}
        for (_, log, reply, header, rest), base in zip(incoming, bases, strict=True):
            if base == NO_OFFSET:
                continue
            count = header[10]
            submission = log_of_all.filling(log, base, now_s)
            touched[log] = None
            end = base + count
            pieces = submission.pieces
            pieces.append(encode_header(base, header[0], header[1], header[3], end - 1, count))
            pieces.append(rest)
            if reply is not None:
                submission.waiters.append(reply)
            submission.batches += 1
            submission.size_bytes += HEADER_BYTES + len(rest)
            submission.end_offset = end
            messages += count
            size_bytes += header[0]
        for log in touched:
            log_of_all.submit(log)
            if log_of_all.is_full(log):
                for connection in {c for c, batch_log, *_ in incoming if batch_log is log}:
                    connection.hold(log)
                    log.feeders.add(connection)
        return messages, size_bytes

    # -- what is not the common case

    def _route_of(
        self, connection: Connection, data: bytes, start: int, stop: int, version: int, correlation_id: int
    ) -> Route | None:
        """A route for a request to one known partition; any other is handled here and now, giving None."""
        if not _LOWEST_VERSION <= version <= _HIGHEST_VERSION:
            raise ProtocolError(f"Produce v{version} is not spoken")
        request = decode(Reader(data, start + REPEATED_AT, stop))
        route = None
        if len(request.partitions) == 1 and request.partitions[0].records and not request.transactional:
            one = request.partitions[0]
            assert one.records is not None
            log = self._log.partition(one.topic, one.partition)
            if log is not None and one.records[1] == stop:
                repeated = data[start + REPEATED_AT : one.records[0] - 4]
                route = connection.routes.get(repeated)
                if route is None or route.log is not log or route.version != version:
                    if len(connection.routes) >= _MAX_ROUTES:
                        connection.routes.clear()
                    route = connection.routes[repeated] = Route(version, repeated, log, request.acks)
                connection.route = route
        if route is None:
            self._decode_any(connection, data, start, stop, version, correlation_id)
        return route

    def _decode_any(
        self, connection: Connection, data: bytes, start: int, stop: int, version: int, correlation_id: int
    ) -> None:
        request = decode(Reader(data, start + REPEATED_AT, stop))
        whole = None
        if request.acks:
            whole = ManyReply(connection, correlation_id, version)
            whole.expect(len(request.partitions))
        for one in request.partitions:
            self._take_any(connection, whole, data, one, request.transactional)

    def _take_any(
        self,
        connection: Connection,
        whole: ManyReply | None,
        data: bytes,
        one: PartitionData,
        transactional: bool,
    ) -> None:
        log = self._log.partition(one.topic, one.partition)
        error = ErrorCode.NONE
        if transactional:
            error = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        elif log is None:
            error = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        elif one.records is None:
            error = ErrorCode.INVALID_RECORD
        if error or log is None or one.records is None:
            if whole is None:
                connection.close()
            else:
                whole.add(one.topic, one.partition, error, NO_OFFSET, NO_OFFSET)
            return
        reply = None if whole is None else PartReply(whole, log)
        self._take(connection, log, reply, data, *one.records)
