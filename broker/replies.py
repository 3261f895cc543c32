"""The places that replies have in a connection's order: made when a request is read, filled when it is done."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from broker.protocol.errors import ErrorCode
from broker.protocol.produce import (
    NO_OFFSET,
    ResponseTemplate,
    partition_result,
    response,
)

if TYPE_CHECKING:
    from broker.connection import Connection
    from broker.wal.partition import PartitionLog

_FRAME = struct.Struct(">ii")


class Reply:
    """A place; ``encoded`` is the framed response once it is known.

    ``batches`` of it were stored by commits, which ended at times that add up to ``synced_at_sum_s``.
    """

    __slots__ = ("connection", "correlation_id", "encoded")

    batches = 0
    synced_at_sum_s = 0.0

    def __init__(self, connection: Connection, correlation_id: int) -> None:
        self.connection = connection
        self.correlation_id = correlation_id
        self.encoded: bytes | None = None
        connection.replies.append(self)

    def answer(self, body: bytes) -> None:
        """Fill the place; the connection writes it when its turn comes."""
        self._fill(_FRAME.pack(len(body) + 4, self.correlation_id) + body)

    def _fill(self, encoded: bytes) -> None:
        self.encoded = encoded
        self.connection.dirty.add(self.connection)


class ProduceReply(Reply):
    """The reply to a produce request for one partition, waiting for its batch to be stored."""

    __slots__ = ("base_offset", "batches", "log", "synced_at_sum_s", "template", "version")

    def __init__(
        self,
        connection: Connection,
        correlation_id: int,
        version: int,
        log: PartitionLog,
        template: ResponseTemplate,
    ) -> None:
        self.connection = connection
        self.correlation_id = correlation_id
        self.encoded = None
        self.batches = 0
        self.version = version
        self.log = log
        self.template = template
        self.base_offset = NO_OFFSET
        connection.replies.append(self)

    def stored(self, synced_at_s: float | None) -> None:
        if synced_at_s is not None:
            self.batches = 1
            self.synced_at_sum_s = synced_at_s
        self.encoded = self.template.encode(self.correlation_id, self.base_offset)
        connection = self.connection
        connection.dirty.add(connection)

    def failed(self, error: ErrorCode) -> None:
        result = partition_result(self.version, self.log.partition, error, NO_OFFSET, NO_OFFSET)
        self._fill(response(self.correlation_id, {self.log.topic: [result]}))


class ManyReply(Reply):
    """The reply to a produce request for several partitions: full when each of them has its result."""

    __slots__ = ("_results", "_unknown", "batches", "synced_at_sum_s", "version")

    def __init__(self, connection: Connection, correlation_id: int, version: int) -> None:
        super().__init__(connection, correlation_id)
        self.batches = 0
        self.synced_at_sum_s = 0.0
        self.version = version
        self._results: dict[str, list[bytes]] = {}
        self._unknown = 0

    def expect(self, partitions: int) -> None:
        self._unknown = partitions
        if partitions == 0:
            self._fill(response(self.correlation_id, {}))

    def add(self, topic: str, partition: int, error: ErrorCode, base_offset: int, log_start: int) -> None:
        result = partition_result(self.version, partition, error, base_offset, log_start)
        self._results.setdefault(topic, []).append(result)
        self._unknown -= 1
        if self._unknown == 0:
            self._fill(response(self.correlation_id, self._results))


class PartReply:
    """One partition's share of a ManyReply."""

    __slots__ = ("base_offset", "log", "whole")

    def __init__(self, whole: ManyReply, log: PartitionLog) -> None:
        self.whole = whole
        self.log = log
        self.base_offset = NO_OFFSET

    def stored(self, synced_at_s: float | None) -> None:
        log = self.log
        if synced_at_s is not None:
            self.whole.batches += 1
            self.whole.synced_at_sum_s += synced_at_s
        self.whole.add(log.topic, log.partition, ErrorCode.NONE, self.base_offset, log.start_offset)

    def failed(self, error: ErrorCode) -> None:
        self.whole.add(self.log.topic, self.log.partition, error, NO_OFFSET, NO_OFFSET)
