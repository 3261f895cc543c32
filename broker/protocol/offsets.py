"""ListOffsets (versions 1 to 5), InitProducerId (0 and 1) and FindCoordinator (0 to 2)."""

from __future__ import annotations

from dataclasses import dataclass

from broker.protocol.codec import Reader, Writer
from broker.protocol.errors import ErrorCode

LATEST = -1
EARLIEST = -2


@dataclass(frozen=True, slots=True)
class OffsetWanted:
    topic: str
    partition: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class OffsetFound:
    wanted: OffsetWanted
    error: ErrorCode
    timestamp_ms: int = -1
    offset: int = -1


def decode_list_offsets(reader: Reader, version: int) -> list[OffsetWanted]:
    reader.int32()
    if version >= 2:
        reader.int8()
    wanted: list[OffsetWanted] = []

    def topic() -> None:
        name = reader.string()

        def partition() -> None:
            index = reader.int32()
            if version >= 4:
                reader.int32()
            wanted.append(OffsetWanted(name, index, reader.int64()))

        reader.array(partition)

    reader.array(topic)
    return wanted


def encode_list_offsets(version: int, found: list[OffsetFound]) -> bytes:
    writer = Writer()
    if version >= 2:
        writer.int32(0)
    by_topic: dict[str, list[OffsetFound]] = {}
    for one in found:
        by_topic.setdefault(one.wanted.topic, []).append(one)

    def partition(one: OffsetFound) -> None:
        writer.int32(one.wanted.partition)
        writer.int16(one.error)
        writer.int64(one.timestamp_ms)
        writer.int64(one.offset)
        if version >= 4:
            writer.int32(-1)

    def topic(item: tuple[str, list[OffsetFound]]) -> None:
        writer.string(item[0])
        writer.array(item[1], partition)

    writer.array(by_topic.items(), topic)
    return writer.encoded()


def encode_init_producer_id(error: ErrorCode, producer_id: int) -> bytes:
    writer = Writer()
    writer.int32(0)
    writer.int16(error)
    writer.int64(producer_id)
    writer.int16(0 if error == ErrorCode.NONE else -1)
    return writer.encoded()


def encode_no_coordinator(version: int) -> bytes:
    writer = Writer()
    if version >= 1:
        writer.int32(0)
    writer.int16(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    if version >= 1:
        writer.string("this broker has no consumer groups; assign partitions instead")
    writer.int32(-1)
    writer.string("")
    writer.int32(-1)
    return writer.encoded()
