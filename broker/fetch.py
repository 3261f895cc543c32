"""Fetch: synced record batches from an offset on, waiting for more when there are too few."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from broker.protocol.errors import ErrorCode
from broker.protocol.fetch import FetchPartition, FetchRequest, FetchResult, decode, encode
from broker.wal.log import Log
from broker.wal.segment import LogDamaged

if TYPE_CHECKING:
    from broker.server import Request

_RESPONSE_MAX_BYTES = 64 * 1024 * 1024


class Fetch:
    """The handler. A request that must wait costs no task: it watches its partitions."""

    def __init__(self, log: Log, loop: asyncio.AbstractEventLoop) -> None:
        self.log = log
        self.loop = loop

    def __call__(self, request: Request) -> None:
        wanted = decode(request.reader, request.version)
        if self.available_bytes(wanted) >= wanted.min_bytes or wanted.max_wait_ms <= 0:
            self.answer(request, wanted)
        else:
            self.wait(request, wanted)

    def wait(self, request: Request, wanted: FetchRequest) -> None:
        """Answer when there is enough, or the time is up."""
        logs = {self.log.partition(p.topic, p.partition) for p in wanted.partitions} - {None}

        def look() -> None:
            if not request.connection.is_open or self.available_bytes(wanted) >= wanted.min_bytes:
                end()

        def end() -> None:
            timer.cancel()
            for log in logs:
                assert log is not None
                log.unwatch(look)
            if request.connection.is_open:
                self.answer(request, wanted)
                request.flush()

        timer = self.loop.call_later(wanted.max_wait_ms / 1e3, end)
        for log in logs:
            assert log is not None
            log.watch(look)

    def available_bytes(self, wanted: FetchRequest) -> int:
        """Bytes that could be answered now; an error counts as enough, since waiting would not mend it."""
        available = 0
        for p in wanted.partitions:
            log = self.log.partition(p.topic, p.partition)
            if log is None or not log.start_offset <= p.offset <= log.synced_end:
                return max(wanted.min_bytes, 1)
            if p.offset < log.synced_end:
                available += min(log.bytes_after(p.offset), p.max_bytes)
        return available

    def answer(self, request: Request, wanted: FetchRequest) -> None:
        """Answer with what there is."""
        left_bytes = min(wanted.max_bytes, _RESPONSE_MAX_BYTES)
        results: list[FetchResult] = []
        anything = False
        for p in wanted.partitions:
            # The first batch is answered whatever its size, so that a consumer always gets on.
            result = self.read(p, left_bytes if left_bytes > 0 or anything else 1, anything)
            size = sum(map(len, result.batches))
            left_bytes -= size
            anything = anything or size > 0
            results.append(result)
        request.reply.answer(encode(request.version, results))

    def read(self, wanted: FetchPartition, left_bytes: int, anything: bool) -> FetchResult:
        """The answer for one partition, of ``left_bytes`` at most if there is already ``anything`` to answer."""
        log = self.log.partition(wanted.topic, wanted.partition)
        if log is None:
            return FetchResult(wanted, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1, [])
        result = FetchResult(wanted, ErrorCode.NONE, log.synced_end, log.start_offset, [])
        if not log.start_offset <= wanted.offset <= log.synced_end:
            result.error = ErrorCode.OFFSET_OUT_OF_RANGE
            return result
        max_bytes = min(wanted.max_bytes, left_bytes)
        if max_bytes <= 0 and anything:
            return result
        try:
            result.batches = log.read(wanted.offset, max_bytes)
        except (OSError, LogDamaged) as error:
            print(
                f"chronik: {wanted.topic}-{wanted.partition} cannot be read: {error}",
                file=sys.stderr,
                flush=True,
            )
            result.error = ErrorCode.KAFKA_STORAGE_ERROR
        if anything and result.batches and sum(map(len, result.batches)) > left_bytes:
            result.batches = []
        return result
