"""Metadata, CreateTopics and DeleteTopics: what topics there are."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from broker.config import TopicsConfig
from broker.metadata.interface import (
    MetadataError,
    MetadataStore,
    TopicExists,
    TopicRecord,
    UnknownTopic,
)
from broker.protocol.errors import ErrorCode
from broker.protocol.topics import (
    MetadataRequest,
    NewTopic,
    TopicDescribed,
    decode_create_topics,
    decode_delete_topics,
    decode_metadata,
    encode_create_topics,
    encode_delete_topics,
    encode_metadata,
)
from broker.wal.log import Log

if TYPE_CHECKING:
    from broker.server import Request

_LEGAL_NAME = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._-]{1,249}\Z")


class Topics:
    """The three handlers, over the metadata store and the log, which they keep in step."""

    def __init__(
        self, store: MetadataStore, log: Log, config: TopicsConfig, on_removed: Callable[[], None]
    ) -> None:
        self._store = store
        self._log = log
        self._config = config
        self._on_removed = on_removed

    def metadata(self, request: Request) -> None:
        wanted = decode_metadata(request.reader, request.version)
        if wanted.topics is not None and wanted.may_create and self._config.auto_create:
            missing = [name for name in dict.fromkeys(wanted.topics) if self._store.topic(name) is None]
            if missing:
                request.spawn(self._create_then_describe(request, wanted, missing))
                return
        self._describe(request, wanted, {})

    def create(self, request: Request) -> None:
        request.spawn(self._create(request))

    def delete(self, request: Request) -> None:
        request.spawn(self._delete(request))

    async def _create_then_describe(
        self, request: Request, wanted: MetadataRequest, missing: list[str]
    ) -> None:
        errors: dict[str, ErrorCode] = {}
        for name in missing:
            error, _ = await self.create_one(NewTopic(name, -1, -1, [], {}), validate_only=False)
            if error not in (ErrorCode.NONE, ErrorCode.TOPIC_ALREADY_EXISTS):
                errors[name] = error
        self._describe(request, wanted, errors)

    def _describe(self, request: Request, wanted: MetadataRequest, errors: dict[str, ErrorCode]) -> None:
        names = list(self._store.topics()) if wanted.topics is None else wanted.topics
        described = []
        for name in names:
            record = self._store.topic(name)
            if record is None:
                error = errors.get(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
                described.append(TopicDescribed(error, name, 0))
            else:
                described.append(TopicDescribed(ErrorCode.NONE, name, record.partitions))
        host, port = request.address
        request.reply.answer(encode_metadata(request.version, host, port, self._store.cluster_id, described))

    async def _create(self, request: Request) -> None:
        wanted = decode_create_topics(request.reader, request.version)
        results = []
        for new in wanted.topics:
            error, message = await self.create_one(new, validate_only=wanted.validate_only)
            results.append((new.name, error, message))
        request.reply.answer(encode_create_topics(request.version, results))

    async def create_one(self, new: NewTopic, *, validate_only: bool) -> tuple[ErrorCode, str | None]:
        """Make a topic, or find out whether it could be made; the error and what is said of it."""
        partitions = len(new.assigned) if new.assigned else new.partitions
        if partitions == -1:
            partitions = self._config.default_partitions
        if (refusal := self._refusal(new, partitions)) is not None:
            return refusal
        if validate_only:
            return ErrorCode.NONE, None
        record = TopicRecord(new.name, partitions, uuid.uuid4(), dict(new.configs))
        try:
            await self._store.create_topic(record)
        except TopicExists as error:
            return ErrorCode.TOPIC_ALREADY_EXISTS, str(error)
        except MetadataError as error:
            return ErrorCode.KAFKA_STORAGE_ERROR, str(error)
        self._log.add(record)
        return ErrorCode.NONE, None

    def _refusal(self, new: NewTopic, partitions: int) -> tuple[ErrorCode, str] | None:
        if not _LEGAL_NAME.match(new.name):
            return ErrorCode.INVALID_TOPIC, "a topic's name has 1 to 249 of the characters a-z A-Z 0-9 . _ -"
        if self._store.topic(new.name) is not None:
            return ErrorCode.TOPIC_ALREADY_EXISTS, f"topic {new.name!r} exists already"
        if new.assigned and sorted(new.assigned) != list(range(partitions)):
            return ErrorCode.INVALID_REPLICA_ASSIGNMENT, "partitions must be numbered from 0 without gaps"
        if not 1 <= partitions <= self._config.max_partitions:
            return (
                ErrorCode.INVALID_PARTITIONS,
                f"a topic has 1 to {self._config.max_partitions} partitions, not {partitions}",
            )
        if not new.assigned and new.replication not in (-1, 1):
            return (
                ErrorCode.INVALID_REPLICATION_FACTOR,
                f"there is one broker, so the replication factor is 1, not {new.replication}",
            )
        return None

    async def _delete(self, request: Request) -> None:
        results = []
        for name in decode_delete_topics(request.reader):
            try:
                await self._store.delete_topic(name)
                error = ErrorCode.NONE
            except UnknownTopic:
                error = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            except MetadataError:
                error = ErrorCode.KAFKA_STORAGE_ERROR
            if error == ErrorCode.NONE:
                self._on_removed()
                await self._log.remove(name)
            results.append((name, error))
        request.reply.answer(encode_delete_topics(request.version, results))
