"""Metadata (versions 0 to 8), CreateTopics (0 to 4) and DeleteTopics (0 to 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker.protocol.codec import Reader, Writer
from broker.protocol.errors import ErrorCode

NODE_ID = 0
_NO_AUTHORIZED_OPERATIONS = -(1 << 31)


@dataclass(frozen=True, slots=True)
class MetadataRequest:
    """``topics`` is None for all of them."""

    topics: list[str] | None
    may_create: bool


@dataclass(frozen=True, slots=True)
class TopicDescribed:
    error: ErrorCode
    name: str
    partitions: int


@dataclass(frozen=True, slots=True)
class NewTopic:
    """``partitions`` -1 asks for the default; ``assigned`` are partition ids that the client placed itself."""

    name: str
    partitions: int
    replication: int
    assigned: list[int]
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CreateTopicsRequest:
    topics: list[NewTopic]
    validate_only: bool


def decode_metadata(reader: Reader, version: int) -> MetadataRequest:
    topics = reader.nullable_array(reader.string)
    if version == 0 and not topics:
        topics = None
    may_create = reader.boolean() if version >= 4 else True
    return MetadataRequest(topics, may_create)


def encode_metadata(
    version: int, host: str, port: int, cluster_id: str, topics: list[TopicDescribed]
) -> bytes:
    writer = Writer()
    if version >= 3:
        writer.int32(0)
    writer.int32(1)
    writer.int32(NODE_ID)
    writer.string(host)
    writer.int32(port)
    if version >= 1:
        writer.string(None)
    if version >= 2:
        writer.string(cluster_id)
    if version >= 1:
        writer.int32(NODE_ID)

    def partition(index: int) -> None:
        writer.int16(ErrorCode.NONE)
        writer.int32(index)
        writer.int32(NODE_ID)
        if version >= 7:
            writer.int32(0)
        writer.array([NODE_ID], writer.int32)
        writer.array([NODE_ID], writer.int32)
        if version >= 5:
            writer.array([], writer.int32)

    def topic(described: TopicDescribed) -> None:
        writer.int16(described.error)
        writer.string(described.name)
        if version >= 1:
            writer.boolean(False)
        writer.array(range(described.partitions), partition)
        if version >= 8:
            writer.int32(_NO_AUTHORIZED_OPERATIONS)

    writer.array(topics, topic)
    if version >= 8:
        writer.int32(_NO_AUTHORIZED_OPERATIONS)
    return writer.encoded()


def decode_create_topics(reader: Reader, version: int) -> CreateTopicsRequest:
    def assignment() -> int:
        index = reader.int32()
        reader.array(reader.int32)
        return index

    def config() -> tuple[str, str]:
        return reader.string(), reader.nullable_string() or ""

    def topic() -> NewTopic:
        name, partitions, replication = reader.string(), reader.int32(), reader.int16()
        return NewTopic(name, partitions, replication, reader.array(assignment), dict(reader.array(config)))

    topics = reader.array(topic)
    reader.int32()
    return CreateTopicsRequest(topics, reader.boolean() if version >= 1 else False)


def encode_create_topics(version: int, results: list[tuple[str, ErrorCode, str | None]]) -> bytes:
    """``results`` are name, error and a message for a person."""
    writer = Writer()
    if version >= 2:
        writer.int32(0)

    def topic(result: tuple[str, ErrorCode, str | None]) -> None:
        name, error, message = result
        writer.string(name)
        writer.int16(error)
        if version >= 1:
            writer.string(message)

    writer.array(results, topic)
    return writer.encoded()


def decode_delete_topics(reader: Reader) -> list[str]:
    names = reader.array(reader.string)
    reader.int32()
    return names


def encode_delete_topics(version: int, results: list[tuple[str, ErrorCode]]) -> bytes:
    writer = Writer()
    if version >= 1:
        writer.int32(0)

    def topic(result: tuple[str, ErrorCode]) -> None:
        writer.string(result[0])
        writer.int16(result[1])

    writer.array(results, topic)
    return writer.encoded()
