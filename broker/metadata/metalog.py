"""ChronikMetaLogStore: the state in a dict, every event appended to a log, synced, and replayed at start.

A record is a CRC-32C, a length and an event as JSON. Partition offsets are not events: they are a dict
insert, and the WAL knows them better at the next start.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from google_crc32c import value as crc32c

from broker.metadata.interface import (
    MetadataError,
    PartitionOffsets,
    TopicExists,
    TopicRecord,
    UnknownTopic,
)

_HEAD = struct.Struct(">II")
_ID_BLOCK = 1000


class MetalogMetadataStore:
    """A ``MetadataStore`` for one node."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / "events.log"
        self._fd = -1
        self._cluster_id = ""
        self._topics: dict[str, TopicRecord] = {}
        self._offsets: dict[tuple[str, int], PartitionOffsets] = {}
        self._next_id = 0
        self._ids_end = 0
        self._broken = False
        self._lock = asyncio.Lock()

    @property
    def cluster_id(self) -> str:
        return self._cluster_id

    async def start(self) -> None:
        try:
            self._open()
        except OSError as error:
            raise MetadataError(
                f"the metadata log {self._path} cannot be opened: {error.strerror}"
            ) from error

    async def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def topics(self) -> Mapping[str, TopicRecord]:
        return MappingProxyType(self._topics)

    def topic(self, name: str) -> TopicRecord | None:
        return self._topics.get(name)

    async def create_topic(self, record: TopicRecord) -> None:
        async with self._lock:
            if record.name in self._topics:
                raise TopicExists(f"topic {record.name!r} exists already")
            await self._append(
                {
                    "event": "topic-created",
                    "name": record.name,
                    "partitions": record.partitions,
                    "topic_id": record.topic_id.hex,
                    "configs": dict(record.configs),
                }
            )

    async def delete_topic(self, name: str) -> None:
        async with self._lock:
            if name not in self._topics:
                raise UnknownTopic(f"there is no topic {name!r}")
            await self._append({"event": "topic-deleted", "name": name})

    async def next_producer_id(self) -> int:
        async with self._lock:
            if self._next_id == self._ids_end:
                await self._append({"event": "producer-ids", "end": self._ids_end + _ID_BLOCK})
            self._next_id += 1
            return self._next_id - 1

    def update_partition_offset(
        self, topic: str, partition: int, high_watermark: int, log_start_offset: int
    ) -> None:
        self._offsets[topic, partition] = PartitionOffsets(high_watermark, log_start_offset)

    def partition_offset(self, topic: str, partition: int) -> PartitionOffsets | None:
        return self._offsets.get((topic, partition))

    # -- the log

    def _open(self) -> None:
        self._directory.mkdir(exist_ok=True)
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        data = self._path.read_bytes()
        sound = 0
        while (found := self._event_at(data, sound)) is not None:
            payload, sound = found
            self._apply(json.loads(payload))
        # Ids of a block that was begun may have been given out: the next start begins a new block.
        self._next_id = self._ids_end
        if sound < len(data):
            print(
                f"chronik: the metadata log ended in a torn event of {len(data) - sound} bytes, which is cut off",
                file=sys.stderr,
                flush=True,
            )
            os.ftruncate(self._fd, sound)
            os.fsync(self._fd)
        if not self._cluster_id:
            cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            event = {"event": "cluster", "id": cluster_id}
            self._write(event)
            directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
            self._apply(event)

    def _event_at(self, data: bytes, start: int) -> tuple[bytes, int] | None:
        """A whole event and where the next begins; None at the end, torn or not."""
        if len(data) - start < _HEAD.size:
            return None
        crc, length = _HEAD.unpack_from(data, start)
        end = start + _HEAD.size + length
        payload = data[start + _HEAD.size : end]
        if len(payload) == length and length > 0 and crc32c(payload) == crc:
            return payload, end
        # Only the last event can be torn by a kill: one that others follow was synced, so it is damage.
        if end < len(data) and any(data[start:]):
            raise MetadataError(
                f"the metadata log {self._path} is damaged at byte {start}; restore it from a copy"
            )
        return None

    async def _append(self, event: dict[str, Any]) -> None:
        if self._broken:
            raise MetadataError("the metadata log failed before; start the broker again")
        try:
            await asyncio.get_running_loop().run_in_executor(None, self._write, event)
        except OSError as error:
            # What the kernel kept of it is unknown, so nothing may follow it.
            self._broken = True
            raise MetadataError(f"the metadata log cannot be written: {error.strerror}") from error
        self._apply(event)

    def _write(self, event: dict[str, Any]) -> None:
        payload = json.dumps(event, separators=(",", ":")).encode()
        record = _HEAD.pack(crc32c(payload), len(payload)) + payload
        while record:
            record = record[os.write(self._fd, record) :]
        os.fdatasync(self._fd)

    def _apply(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "cluster":
                self._cluster_id = event["id"]
            case "topic-created":
                self._topics[event["name"]] = TopicRecord(
                    event["name"], event["partitions"], uuid.UUID(hex=event["topic_id"]), event["configs"]
                )
            case "topic-deleted":
                record = self._topics.pop(event["name"])
                for partition in range(record.partitions):
                    self._offsets.pop((record.name, partition), None)
            case "producer-ids":
                self._next_id, self._ids_end = self._ids_end, event["end"]
            case unknown:
                raise MetadataError(
                    f"the metadata log {self._path} has an event {unknown!r} of a later version"
                )
