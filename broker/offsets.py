"""ListOffsets, InitProducerId and FindCoordinator."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from broker.metadata.interface import MetadataError, MetadataStore
from broker.protocol.errors import ErrorCode
from broker.protocol.offsets import (
    EARLIEST,
    LATEST,
    OffsetFound,
    OffsetWanted,
    decode_list_offsets,
    encode_init_producer_id,
    encode_list_offsets,
    encode_no_coordinator,
)
from broker.wal.log import Log
from broker.wal.segment import LogDamaged

if TYPE_CHECKING:
    from broker.server import Request


class ListOffsets:
    """Earliest, latest (only what is synced is seen) and, batch by batch, the first of a time or later."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __call__(self, request: Request) -> None:
        wanted = decode_list_offsets(request.reader, request.version)
        if all(one.timestamp_ms < 0 for one in wanted):
            found = [self._find(one) for one in wanted]
            request.reply.answer(encode_list_offsets(request.version, found))
        else:
            request.spawn(self._search(request, wanted))

    async def _search(self, request: Request, wanted: list[OffsetWanted]) -> None:
        # A search by time reads the log through, which must not hold up the event loop.
        found = [
            self._find(one) if one.timestamp_ms < 0 else await asyncio.to_thread(self._find_time, one)
            for one in wanted
        ]
        request.reply.answer(encode_list_offsets(request.version, found))

    def _find(self, wanted: OffsetWanted) -> OffsetFound:
        log = self._log.partition(wanted.topic, wanted.partition)
        if log is None:
            return OffsetFound(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        if wanted.timestamp_ms == LATEST:
            return OffsetFound(wanted, ErrorCode.NONE, offset=log.synced_end)
        if wanted.timestamp_ms == EARLIEST:
            return OffsetFound(wanted, ErrorCode.NONE, offset=log.start_offset)
        return OffsetFound(wanted, ErrorCode.UNSUPPORTED_VERSION)

    def _find_time(self, wanted: OffsetWanted) -> OffsetFound:
        log = self._log.partition(wanted.topic, wanted.partition)
        if log is None:
            return OffsetFound(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        try:
            found = log.offset_at_time(wanted.timestamp_ms)
        except (OSError, LogDamaged):
            return OffsetFound(wanted, ErrorCode.KAFKA_STORAGE_ERROR)
        if found is None:
            return OffsetFound(wanted, ErrorCode.NONE)
        return OffsetFound(wanted, ErrorCode.NONE, timestamp_ms=found[1], offset=found[0])


class InitProducerId:
    """A new id for an idempotent producer; transactions are refused."""

    def __init__(self, store: MetadataStore) -> None:
        self._store = store

    def __call__(self, request: Request) -> None:
        if request.reader.nullable_string() is not None:
            error = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
            request.reply.answer(encode_init_producer_id(error, -1))
        else:
            request.spawn(self._next(request))

    async def _next(self, request: Request) -> None:
        try:
            body = encode_init_producer_id(ErrorCode.NONE, await self._store.next_producer_id())
        except MetadataError:
            body = encode_init_producer_id(ErrorCode.KAFKA_STORAGE_ERROR, -1)
        request.reply.answer(body)


def find_coordinator(request: Request) -> None:
    request.reply.answer(encode_no_coordinator(request.version))
