"""The interface that every metadata store offers to the rest of the broker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


class MetadataError(Exception):
    """The store cannot do what it was asked; the message is one sentence for a person."""


class TopicExists(MetadataError):
    """A topic of that name is there already."""


class UnknownTopic(MetadataError):
    """There is no topic of that name."""


@dataclass(frozen=True, slots=True)
class TopicRecord:
    """A topic as it was created; ``partitions`` is how many it has, numbered from 0."""

    name: str
    partitions: int
    topic_id: UUID
    configs: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class PartitionOffsets:
    """Where a partition's log begins and ends; the store that holds it may change it in place."""

    high_watermark: int
    log_start_offset: int


class MetadataStore(Protocol):
    """All calls come from the event loop's thread; only ``start`` may precede a running broker.

    "Durable when it returns" means: synced to disk, so that a kill -9 right after it loses nothing.
    """

    @property
    def cluster_id(self) -> str:
        """A name of 22 characters, made once per data directory and kept."""

    async def start(self) -> None:
        """Recover the state from disk; until it returns no other call may be made.

        Raises MetadataError where the files cannot be read or are damaged before their end.
        """

    async def close(self) -> None:
        """Finish what was asked and release files, threads and ports; may be called twice."""

    def topics(self) -> Mapping[str, TopicRecord]:
        """All topics by name: a live, read-only view."""

    def topic(self, name: str) -> TopicRecord | None:
        """One topic, or None."""

    async def create_topic(self, record: TopicRecord) -> None:
        """Add a topic, durable when it returns. Raises TopicExists, MetadataError."""

    async def delete_topic(self, name: str) -> None:
        """Remove a topic and its offsets, durable when it returns. Raises UnknownTopic, MetadataError."""

    async def next_producer_id(self) -> int:
        """An id that was never given out before, even across a kill -9. Raises MetadataError."""

    def update_partition_offset(
        self, topic: str, partition: int, high_watermark: int, log_start_offset: int
    ) -> None:
        """Note where a partition now ends; called once for every produced batch.

        A plain call, not a coroutine: no store makes the produce path wait for it. What a store does
        with it beyond applying it in place is its own affair, and its own cost.
        """

    def partition_offset(self, topic: str, partition: int) -> PartitionOffsets | None:
        """The offsets last noted, or None where none were since the broker started."""
