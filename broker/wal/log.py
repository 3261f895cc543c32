"""The whole log: every partition of every topic, the thread that commits them, and who is told."""

from __future__ import annotations

import shutil
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable
from pathlib import Path

from broker.config import WalConfig
from broker.metadata.interface import TopicRecord
from broker.protocol.errors import ErrorCode
from broker.wal.group_commit import Commit, GroupCommit
from broker.wal.partition import PartitionLog, Submission
from broker.wal.profiles import PROFILES
from broker.wal.recovery import recover, remove_strangers
from broker.wal.worker import make_worker

_SUBMISSION_MAX_BYTES = 256 * 1024


class Log:
    """All partitions. Every method is called from the event loop's thread."""

    partition_class: type[PartitionLog] = PartitionLog

    def __init__(
        self,
        directory: Path,
        config: WalConfig,
        loop: AbstractEventLoop,
        group_commit: type[GroupCommit],
        on_commit: Callable[[Commit], None],
        on_failure: Callable[[Iterable[PartitionLog]], None],
    ) -> None:
        self._directory = directory
        self._queue_max_bytes = config.queue_max_bytes
        profile = PROFILES[config.profile]
        self._queue_max_batches = profile.max_queue_batches
        self._submission_max_batches = profile.max_commit_batches
        self._partitions: dict[str, list[PartitionLog]] = {}
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._failed = False
        self._loop = loop
        self._group_commit = group_commit(
            loop,
            make_worker(config, profile),
            profile,
            config.segment_max_bytes,
            config.segment_max_age_s,
            self._committed,
        )
        self._inbox = self._group_commit.inbox

    def open(self, topics: Iterable[TopicRecord]) -> None:
        """Recover every partition from disk and start the WAL thread. Raises OSError."""
        self._directory.mkdir(exist_ok=True)
        records = list(topics)
        remove_strangers(self._directory, {record.topic_id.hex for record in records})
        for record in records:
            self.add(record)
            for log in self._partitions[record.name]:
                recover(log)
        self._group_commit.start()

    def close(self) -> None:
        """Commit what is queued and stop. The last outcomes are still to be run by the event loop."""
        self._group_commit.stop()
        for log in self.partitions():
            try:
                log.finish()
            except OSError as error:
                # Nothing is lost by it: the next start cuts off what this one could not.
                print(f"chronik: {log.topic}-{log.partition}: {error}", file=sys.stderr, flush=True)

    def add(self, record: TopicRecord) -> None:
        """Empty partitions for a new topic; their files are made when something is written."""
        directory = self._directory / record.topic_id.hex
        self._partitions[record.name] = [
            self.partition_class(record.name, record.topic_id, partition, directory / str(partition))
            for partition in range(record.partitions)
        ]
        if self._failed:
            self._refuse(self._partitions[record.name], ErrorCode.KAFKA_STORAGE_ERROR)

    async def remove(self, name: str) -> None:
        """Refuse more for a topic, wait for what the WAL thread has of it, delete its files."""
        logs = self._partitions.pop(name)
        self._refuse(logs, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        for log in logs:
            while log.queued_batches:
                emptied = self._loop.create_future()
                log.watch(lambda future=emptied: future.done() or future.set_result(None))  # type: ignore[misc]
                await emptied
            log.close()
        directory = logs[0].directory.parent
        await self._loop.run_in_executor(None, shutil.rmtree, directory, True)

    def partition(self, topic: str, partition: int) -> PartitionLog | None:
        logs = self._partitions.get(topic)
        return logs[partition] if logs is not None and 0 <= partition < len(logs) else None

    def partitions(self) -> list[PartitionLog]:
        return [log for logs in tuple(self._partitions.values()) for log in logs]

    # -- appending

    def filling(self, log: PartitionLog, base_offset: int, now_s: float) -> Submission:
        """What this turn of the event loop appends to; a full one is queued and another begun."""
        submission = log.filling
        if submission is not None:
            if (
                submission.size_bytes < _SUBMISSION_MAX_BYTES
                and submission.batches < self._submission_max_batches
            ):
                return submission
            self.submit(log)
        submission = log.filling = Submission(log, base_offset)
        submission.queued_at_s = now_s
        return submission

    def submit(self, log: PartitionLog) -> None:
        """Queue what was filled in this turn and wake the WAL thread."""
        submission = log.filling
        if submission is not None:
            log.filling = None
            log.submitted(submission)
            self._inbox.put(log, submission.batches)

    def is_full(self, log: PartitionLog) -> bool:
        return log.queued_bytes >= self._queue_max_bytes or log.queued_batches >= self._queue_max_batches

    # -- committed: called by the WAL thread through the event loop

    def _committed(self, commit: Commit) -> None:
        if commit.error is not None and not self._failed:
            self._fail(commit.error)
        told: dict[PartitionLog, None] = {}
        for submission in commit.submissions:
            log = submission.log
            told[log] = None
            log.left_queue(submission)
            if commit.error is None:
                log.committed(submission)
                for waiter in submission.waiters:
                    waiter.stored(commit.done_at_s)
            else:
                for waiter in submission.waiters:
                    waiter.failed(ErrorCode.KAFKA_STORAGE_ERROR)
        self._on_commit(commit)
        for log in told:
            log.tell_watchers()
            if log.feeders and not self._half_full(log):
                for feeder in tuple(log.feeders):
                    feeder.release(log)
                log.feeders.clear()

    def _half_full(self, log: PartitionLog) -> bool:
        return (
            log.queued_bytes > self._queue_max_bytes // 2 or log.queued_batches > self._queue_max_batches // 2
        )

    def _fail(self, error: OSError) -> None:
        self._failed = True
        where = error.filename or self._directory.name
        print(
            f"chronik: the log cannot be written ({error.strerror or error}: {where}); nothing is "
            "acknowledged any more until the broker is started again",
            file=sys.stderr,
            flush=True,
        )
        everything = self.partitions()
        self._refuse(everything, ErrorCode.KAFKA_STORAGE_ERROR)
        self._on_failure(everything)

    @staticmethod
    def _refuse(logs: list[PartitionLog], error: ErrorCode) -> None:
        for log in logs:
            log.refuses = error
            log.tell_watchers()
