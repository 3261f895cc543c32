"""RaftMetadataStore: a state machine behind `propose`, on a Raft log.

Topics and producer ids are proposed, and told to a client once they are applied, which is after the journal
was synced. Partition offsets are applied in place: on a single node nobody else decides about them. What more
happens to an offset is `apply`:

- "in-place": nothing.
- "spawn": a task for each call also serialises the command, takes the node's write lock and proposes it to the
  log, without a sync. Nobody waits for the task.
"""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from broker.metadata.interface import (
    MetadataError,
    PartitionOffsets,
    TopicExists,
    TopicRecord,
    UnknownTopic,
)
from broker.metadata.journal import UNSYNCED
from broker.metadata.raft_node import RaftNode, failure

_ID_BLOCK = 1000
_OK, _EXISTS, _UNKNOWN = "ok", "exists", "unknown"


class RaftMetadataStore:
    """A ``MetadataStore`` on a Raft node that is alone in its group."""

    def __init__(self, directory: Path, apply: Literal["in-place", "spawn"]) -> None:
        self._directory = directory
        self._spawns = apply == "spawn"
        self._cluster_id = ""
        self._topics: dict[str, TopicRecord] = {}
        self._offsets: dict[tuple[str, int], PartitionOffsets] = {}
        self._ids_end = 0
        self._next_id = 0
        self._node = RaftNode(directory / "raft.journal", self._apply)
        # The loop keeps only weak references to its tasks.
        self._tasks: set[asyncio.Task[None]] = set()
        self._write_lock = asyncio.Lock()
        self._ids_lock = asyncio.Lock()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="raft-propose")

    @property
    def cluster_id(self) -> str:
        return self._cluster_id

    async def start(self) -> None:
        try:
            self._directory.mkdir(exist_ok=True)
            await asyncio.get_running_loop().run_in_executor(self._threads, self._node.start)
        except OSError as error:
            raise MetadataError(f"the Raft journal in {self._directory}: {error.strerror}") from error
        # Ids of a block that was begun may have been given out: the next start begins a new block.
        self._next_id = self._ids_end
        if not self._cluster_id:
            cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            await self._propose({"command": "set-cluster-id", "id": cluster_id})

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._threads.shutdown(wait=True)
        await asyncio.get_running_loop().run_in_executor(None, self._node.close)

    def topics(self) -> Mapping[str, TopicRecord]:
        return MappingProxyType(self._topics)

    def topic(self, name: str) -> TopicRecord | None:
        return self._topics.get(name)

    async def create_topic(self, record: TopicRecord) -> None:
        command = {
            "command": "create-topic",
            "name": record.name,
            "partitions": record.partitions,
            "topic_id": record.topic_id.hex,
            "configs": dict(record.configs),
        }
        if await self._propose(command) == _EXISTS:
            raise TopicExists(f"topic {record.name!r} exists already")

    async def delete_topic(self, name: str) -> None:
        if await self._propose({"command": "delete-topic", "name": name}) == _UNKNOWN:
            raise UnknownTopic(f"there is no topic {name!r}")

    async def next_producer_id(self) -> int:
        async with self._ids_lock:
            if self._next_id == self._ids_end:
                await self._propose({"command": "allot-producer-ids", "count": _ID_BLOCK})
            self._next_id += 1
            return self._next_id - 1

    def update_partition_offset(
        self, topic: str, partition: int, high_watermark: int, log_start_offset: int
    ) -> None:
        self._offsets[topic, partition] = PartitionOffsets(high_watermark, log_start_offset)
        if self._spawns:
            command = {
                "command": "update-partition-offset",
                "topic": topic,
                "partition": partition,
                "high_watermark": high_watermark,
                "log_start_offset": log_start_offset,
            }
            # Cloned for the state machine and for the log, as the incident's code did.
            for_state, for_log = dict(command), dict(command)
            del for_state
            task = asyncio.get_running_loop().create_task(self._replicate(for_log))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def partition_offset(self, topic: str, partition: int) -> PartitionOffsets | None:
        return self._offsets.get((topic, partition))

    # -- proposing, in the event loop's thread

    async def _replicate(self, command: dict[str, Any]) -> None:
        serialised = UNSYNCED + _serialise(command)
        async with self._write_lock:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._node.propose, serialised)

    async def _propose(self, command: dict[str, Any]) -> str:
        """Propose a command and wait until it was applied; gives the state machine's answer."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()

        def settle(result: str | None, reason: int) -> None:
            if answer.done():
                return
            if result is None:
                answer.set_exception(
                    MetadataError(f"the Raft node did not take the command: {failure(reason)}")
                )
            else:
                answer.set_result(result)

        def applied(result: str | None, reason: int) -> None:  # in another thread
            loop.call_soon_threadsafe(settle, result, reason)

        await loop.run_in_executor(self._threads, self._node.propose, _serialise(command), applied)
        return await answer

    # -- the state machine, under the node's lock and in another thread

    def _apply(self, command: bytes) -> str:
        event = json.loads(command.removeprefix(UNSYNCED))
        match event["command"]:
            case "set-cluster-id":
                self._cluster_id = self._cluster_id or event["id"]
            case "create-topic":
                if event["name"] in self._topics:
                    return _EXISTS
                topic_id = uuid.UUID(hex=event["topic_id"])
                self._topics[event["name"]] = TopicRecord(
                    event["name"], event["partitions"], topic_id, event["configs"]
                )
            case "delete-topic":
                record = self._topics.pop(event["name"], None)
                if record is None:
                    return _UNKNOWN
                for partition in range(record.partitions):
                    self._offsets.pop((record.name, partition), None)
            case "allot-producer-ids":
                self._ids_end += event["count"]
            case "update-partition-offset":
                pass  # applied in place, before it was proposed: the log's copy is older
        return _OK


def _serialise(command: dict[str, Any]) -> bytes:
    return json.dumps(command, separators=(",", ":")).encode()
