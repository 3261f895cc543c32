"""RaftMetadataStore: a state machine behind ``propose``, on pysyncobj; one node for now.

What a client is told of is proposed, synced by the journal, committed and applied before the call returns.
Offsets are applied in place; ``spawn`` also proposes each of them, see spawned_offsets. A tick waits for the
write lock behind the tasks that queue on it, so a backlog of those delays topics too.
"""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Protocol

from broker.metadata.interface import MetadataError, PartitionOffsets, TopicExists, TopicRecord, UnknownTopic
from broker.metadata.raft_node import RaftNode
from broker.metadata.spawned_offsets import SpawnedOffsets
from broker.metadata.state_machine import (
    Command,
    CreateTopic,
    DeleteTopic,
    NameCluster,
    Outcome,
    ReserveProducerIds,
    StateMachine,
    encode,
)

_ID_BLOCK = 1000


class NoteOffset(Protocol):
    """``MetadataStore.update_partition_offset``."""

    def __call__(self, topic: str, partition: int, high_watermark: int, log_start_offset: int) -> None: ...


class RaftMetadataStore:
    """A ``MetadataStore`` with its files in ``directory``."""

    update_partition_offset: NoteOffset

    def __init__(self, directory: Path, apply: Literal["in-place", "spawn"]) -> None:
        self._directory = directory
        self._machine = StateMachine()
        self._node = RaftNode(directory / "raft.journal", self._machine)
        self._next_id = 0
        self._ids_end = 0
        self._ids_lock = asyncio.Lock()
        self._spawned = SpawnedOffsets(self._machine, self._node) if apply == "spawn" else None
        self.update_partition_offset = self._spawned.note if self._spawned else self._machine.note_offset

    @property
    def cluster_id(self) -> str:
        return self._machine.cluster_id

    async def start(self) -> None:
        try:
            self._directory.mkdir(exist_ok=True)
            await self._node.start()
        except OSError as error:
            raise MetadataError(
                f"the metadata folder {self._directory} cannot be used: {error.strerror}"
            ) from error
        if not self._machine.cluster_id:
            await self._propose(
                NameCluster(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))
            )

    async def close(self) -> None:
        if self._spawned is not None:
            await self._spawned.close()
        await self._node.close()

    def topics(self) -> Mapping[str, TopicRecord]:
        return MappingProxyType(self._machine.topics)

    def topic(self, name: str) -> TopicRecord | None:
        return self._machine.topics.get(name)

    async def create_topic(self, record: TopicRecord) -> None:
        if record.name in self._machine.topics:
            raise TopicExists(f"topic {record.name!r} exists already")
        await self._propose(CreateTopic(record))

    async def delete_topic(self, name: str) -> None:
        if name not in self._machine.topics:
            raise UnknownTopic(f"there is no topic {name!r}")
        await self._propose(DeleteTopic(name))

    async def next_producer_id(self) -> int:
        async with self._ids_lock:
            if self._next_id == self._ids_end:
                first = await self._propose(ReserveProducerIds(_ID_BLOCK))
                assert first is not None
                self._next_id, self._ids_end = first, first + _ID_BLOCK
            self._next_id += 1
            return self._next_id - 1

    def partition_offset(self, topic: str, partition: int) -> PartitionOffsets | None:
        return self._machine.offsets.get((topic, partition))

    async def _propose(self, command: Command) -> int | None:
        """The outcome of a command once it is committed and applied. Raises MetadataError."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def done(result: Outcome) -> None:
            if not outcome.done():
                outcome.set_result(result)

        self._node.propose(encode(command), done)
        result = await outcome
        if isinstance(result, MetadataError):
            raise result
        return result
