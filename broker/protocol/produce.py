"""Decoding Produce requests: the general way, and the short way for a request like the last one.

A client that writes to one partition sends requests that differ in the correlation id and the records
only. A ``Route`` remembers the bytes that stay the same (client id, acks, timeout, topic, partition), so
that such a request is recognised by one comparison, and holds its response with two holes in it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from broker.protocol.codec import ProtocolError, Reader
from broker.protocol.errors import ErrorCode

HEADER = struct.Struct(">ihhi")
"""Size, API key, version, correlation id."""

REPEATED_AT = 12
"""Where the part of a request that repeats begins: after the correlation id."""

NO_OFFSET = -1


@dataclass(frozen=True, slots=True)
class PartitionData:
    """One partition of a request; ``records`` is where its record batches lie, None for null."""

    topic: str
    partition: int
    records: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class ProduceRequest:
    acks: int
    transactional: bool
    partitions: list[PartitionData]


def decode(reader: Reader) -> ProduceRequest:
    """A request from after its correlation id on. Raises ProtocolError."""
    reader.nullable_string()
    transactional_id = reader.nullable_string()
    acks = reader.int16()
    reader.int32()
    partitions: list[PartitionData] = []

    def topic() -> None:
        name = reader.string()

        def partition() -> None:
            index = reader.int32()
            partitions.append(PartitionData(name, index, reader.nullable_bytes()))

        reader.array(partition)

    reader.array(topic)
    if acks not in (-1, 0, 1):
        raise ProtocolError(f"acks={acks} is none of -1, 0, 1")
    return ProduceRequest(acks, transactional_id is not None, partitions)


def partition_result(version: int, partition: int, error: int, base_offset: int, log_start: int) -> bytes:
    """The part of a response about one partition, versions 3 to 8."""
    result = struct.pack(">ihqq", partition, error, base_offset, -1)
    if version >= 5:
        result += struct.pack(">q", log_start)
    if version >= 8:
        result += struct.pack(">ih", 0, -1)
    return result


def response(correlation_id: int, results: dict[str, list[bytes]]) -> bytes:
    """A whole response, framed."""
    parts = [struct.pack(">i", len(results))]
    for topic, partitions in results.items():
        name = topic.encode()
        parts += [struct.pack(">h", len(name)), name, struct.pack(">i", len(partitions)), *partitions]
    body = b"".join(parts)
    return struct.pack(">ii", len(body) + 8, correlation_id) + body + b"\0\0\0\0"


class ResponseTemplate:
    """The response to a request for one partition, packed in one call."""

    __slots__ = ("_head", "_pack", "_size", "_tail")

    def __init__(self, version: int, topic: str, partition: int, log_start: int) -> None:
        whole = response(0, {topic: [partition_result(version, partition, ErrorCode.NONE, 0, log_start)]})
        offset_at = 4 + 4 + 4 + 2 + len(topic.encode()) + 4 + 4 + 2
        self._size = len(whole) - 4
        self._head = whole[8:offset_at]
        self._tail = whole[offset_at + 8 :]
        self._pack = struct.Struct(f">ii{len(self._head)}sq{len(self._tail)}s").pack

    def encode(self, correlation_id: int, base_offset: int) -> bytes:
        return self._pack(self._size, correlation_id, self._head, base_offset, self._tail)
