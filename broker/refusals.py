"""Batches that are not stored: why not, and what their senders are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from google_crc32c import value as crc32c

from broker.protocol.errors import ErrorCode
from broker.replies import PartReply, ProduceReply
from broker.wal.partition import PartitionLog
from broker.wal.record import LENGTH_BEFORE_REST

if TYPE_CHECKING:
    from broker.connection import Connection

Header: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""A batch's header as record.BATCH reads it."""


def why(log: PartitionLog, header: Header, rest: bytes, size_bytes: int) -> ErrorCode:
    """The error of a batch that is not sound."""
    if log.refuses:
        return log.refuses
    if header[2] < 2:
        return ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT
    if header[2] > 2 or header[0] != size_bytes - LENGTH_BEFORE_REST or crc32c(rest) != header[3]:
        return ErrorCode.CORRUPT_MESSAGE
    return ErrorCode.INVALID_RECORD


def refuse(connection: Connection, reply: ProduceReply | PartReply | None, error: ErrorCode) -> None:
    """Tell the error to whoever waits for the batch; with acks=0 the connection is closed."""
    if reply is None:
        # There is no other way to say that something is wrong.
        connection.close()
    else:
        reply.failed(error)


def answer_misplaced(
    log: PartitionLog, reply: ProduceReply | PartReply | None, found: int | ErrorCode, count: int
) -> None:
    """Answer a batch of ``count`` records that is not next of its producer: an error, or where it was stored."""
    if reply is None:
        return
    if isinstance(found, ErrorCode):
        reply.failed(found)
        return
    # Sent twice: acknowledged once more, but not before the first one is stored.
    reply.base_offset = found
    if log.synced_end >= found + count:
        reply.stored(None)
        return

    def look() -> None:
        if log.synced_end >= found + count:
            log.unwatch(look)
            reply.stored(None)
        elif log.refuses:
            log.unwatch(look)
            reply.failed(log.refuses)

    log.watch(look)
