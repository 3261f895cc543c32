"""Fetch requests and responses, versions 4 to 11. Fetch sessions are declined: every request is a full one."""

from __future__ import annotations

from dataclasses import dataclass

from broker.protocol.codec import Reader, Writer
from broker.protocol.errors import ErrorCode


@dataclass(frozen=True, slots=True)
class FetchPartition:
    topic: str
    partition: int
    offset: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class FetchRequest:
    max_wait_ms: int
    min_bytes: int
    max_bytes: int
    partitions: list[FetchPartition]


@dataclass(slots=True)
class FetchResult:
    wanted: FetchPartition
    error: ErrorCode
    high_watermark: int
    log_start: int
    batches: list[bytes]


def decode(reader: Reader, version: int) -> FetchRequest:
    reader.int32()
    max_wait_ms, min_bytes, max_bytes = reader.int32(), reader.int32(), reader.int32()
    reader.int8()
    if version >= 7:
        reader.int32()
        reader.int32()
    partitions: list[FetchPartition] = []

    def topic() -> None:
        name = reader.string()

        def partition() -> None:
            index = reader.int32()
            if version >= 9:
                reader.int32()
            offset = reader.int64()
            if version >= 5:
                reader.int64()
            partitions.append(FetchPartition(name, index, offset, reader.int32()))

        reader.array(partition)

    reader.array(topic)
    return FetchRequest(max_wait_ms, min_bytes, max_bytes, partitions)


def encode(version: int, results: list[FetchResult]) -> bytes:
    writer = Writer()
    writer.int32(0)
    if version >= 7:
        writer.int16(ErrorCode.NONE)
        writer.int32(0)
    by_topic: dict[str, list[FetchResult]] = {}
    for result in results:
        by_topic.setdefault(result.wanted.topic, []).append(result)

    def partition(result: FetchResult) -> None:
        writer.int32(result.wanted.partition)
        writer.int16(result.error)
        writer.int64(result.high_watermark)
        writer.int64(result.high_watermark)
        if version >= 5:
            writer.int64(result.log_start)
        writer.int32(-1)
        if version >= 11:
            writer.int32(-1)
        writer.records(result.batches)

    def topic(item: tuple[str, list[FetchResult]]) -> None:
        writer.string(item[0])
        writer.array(item[1], partition)

    writer.array(by_topic.items(), topic)
    return writer.encoded()
