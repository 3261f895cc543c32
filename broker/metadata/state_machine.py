"""The replicated state: what a cluster's metadata is, and the commands that change it.

A command is proposed to Raft as JSON text and applied once it is committed, in the order of the log.
Partition offsets are the exception: they are applied in place, before (or instead of) being proposed, so a
committed offset changes nothing on the node that proposed it; and at a restart the WAL knows better.

A command that cannot be carried out gives the error that its proposer is to see instead of raising it,
because every node that applies it has to come to the same end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from broker.metadata.interface import MetadataError, PartitionOffsets, TopicExists, TopicRecord, UnknownTopic

RELAXED_TAG = '["offset",'
"""How the text of an offset command begins; no other command's text can hold it, since JSON escapes quotes."""


@dataclass(frozen=True, slots=True)
class NameCluster:
    cluster_id: str


@dataclass(frozen=True, slots=True)
class CreateTopic:
    record: TopicRecord


@dataclass(frozen=True, slots=True)
class DeleteTopic:
    name: str


@dataclass(frozen=True, slots=True)
class ReserveProducerIds:
    """Applying it gives the first id of a block of ``count``."""

    count: int


@dataclass(frozen=True, slots=True)
class UpdatePartitionOffset:
    topic: str
    partition: int
    high_watermark: int
    log_start_offset: int

    def clone(self) -> UpdatePartitionOffset:
        """Another like it; ``copy.copy`` takes ten times as long for a dataclass with slots."""
        return UpdatePartitionOffset(self.topic, self.partition, self.high_watermark, self.log_start_offset)


_AS_TEXT = json.JSONEncoder(separators=(",", ":")).encode

Command: TypeAlias = NameCluster | CreateTopic | DeleteTopic | ReserveProducerIds | UpdatePartitionOffset
Outcome: TypeAlias = int | MetadataError | None


def encode(command: Command) -> str:
    """A command as text."""
    match command:
        case UpdatePartitionOffset(topic, partition, high_watermark, log_start_offset):
            parts: list[Any] = ["offset", topic, partition, high_watermark, log_start_offset]
        case NameCluster(cluster_id):
            parts = ["cluster", cluster_id]
        case CreateTopic(record):
            parts = ["create-topic", _topic_as_json(record)]
        case DeleteTopic(name):
            parts = ["delete-topic", name]
        case ReserveProducerIds(count):
            parts = ["producer-ids", count]
    return _AS_TEXT(parts)


def decode(text: str) -> NameCluster | CreateTopic | DeleteTopic | ReserveProducerIds:
    """The command that ``encode`` made the text of. Raises ValueError for one of a later version."""
    match json.loads(text):
        case ["cluster", cluster_id]:
            return NameCluster(cluster_id)
        case ["create-topic", topic]:
            return CreateTopic(_topic_from_json(topic))
        case ["delete-topic", name]:
            return DeleteTopic(name)
        case ["producer-ids", count]:
            return ReserveProducerIds(count)
        case unknown:
            raise ValueError(f"unknown metadata command {unknown!r}")


class StateMachine:
    """What all nodes agree on, and the offsets that this one noted."""

    def __init__(self) -> None:
        self.cluster_id = ""
        self.topics: dict[str, TopicRecord] = {}
        self.producer_ids_end = 0
        self.offsets: dict[tuple[str, int], PartitionOffsets] = {}

    def apply_text(self, text: str) -> Outcome:
        """Carry out a committed command; what comes back is its proposer's result or error.

        Raises ValueError for a command of a later version.
        """
        if text.startswith(RELAXED_TAG):
            return None
        match decode(text):
            case CreateTopic(record):
                if record.name in self.topics:
                    return TopicExists(f"topic {record.name!r} exists already")
                self.topics[record.name] = record
                return None
            case DeleteTopic(name):
                return self._delete(name)
            case ReserveProducerIds(count):
                first = self.producer_ids_end
                self.producer_ids_end += count
                return first
            case NameCluster(cluster_id):
                self.cluster_id = self.cluster_id or cluster_id
                return None

    def _delete(self, name: str) -> Outcome:
        deleted = self.topics.pop(name, None)
        if deleted is None:
            return UnknownTopic(f"there is no topic {name!r}")
        for partition in range(deleted.partitions):
            self.offsets.pop((name, partition), None)
        return None

    def note_offset(self, topic: str, partition: int, high_watermark: int, log_start_offset: int) -> None:
        """Apply an offset in place."""
        self.offsets[topic, partition] = PartitionOffsets(high_watermark, log_start_offset)

    def as_json(self) -> dict[str, Any]:
        """All that a snapshot keeps: not the offsets, see above."""
        return {
            "cluster_id": self.cluster_id,
            "topics": [_topic_as_json(record) for record in self.topics.values()],
            "producer_ids_end": self.producer_ids_end,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what ``as_json`` gave."""
        self.cluster_id = state["cluster_id"]
        records = [_topic_from_json(topic) for topic in state["topics"]]
        self.topics = {record.name: record for record in records}
        self.producer_ids_end = state["producer_ids_end"]


def _topic_as_json(record: TopicRecord) -> list[Any]:
    return [record.name, record.partitions, record.topic_id.hex, dict(record.configs)]


def _topic_from_json(topic: list[Any]) -> TopicRecord:
    name, partitions, topic_id, configs = topic
    return TopicRecord(name, partitions, UUID(hex=topic_id), configs)
