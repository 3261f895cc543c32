"""One partition's log: where it begins and ends, what waits for a commit, and its segment files."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from uuid import UUID

from broker.protocol.errors import ErrorCode
from broker.wal.producers import Producers
from broker.wal.record import BATCH
from broker.wal.segment import Segment, SegmentHeader, batch_of, sync_directory


class Waiter(Protocol):
    """Who is told when a batch is stored, or that it is not."""

    def stored(self, synced_at_s: float | None) -> None:
        """``synced_at_s`` is when its commit was done, or None where none was waited for."""

    def failed(self, error: ErrorCode) -> None: ...


class Feeder(Protocol):
    """A connection that feeds queues and can be asked to stop and go on."""

    def hold(self, reason: object) -> None: ...

    def release(self, reason: object) -> None: ...


class Submission:
    """What one turn of the event loop appends to one partition: the unit that a commit takes or leaves."""

    __slots__ = (
        "base_offset",
        "batches",
        "end_offset",
        "log",
        "pieces",
        "position",
        "queued_at_s",
        "segment",
        "size_bytes",
        "waiters",
    )

    def __init__(self, log: PartitionLog, base_offset: int) -> None:
        self.log = log
        self.base_offset = base_offset
        self.end_offset = base_offset
        self.pieces: list[bytes] = []
        self.waiters: list[Waiter] = []
        self.batches = 0
        self.size_bytes = 0
        self.queued_at_s = 0.0
        self.segment: Segment | None = None
        self.position = 0


class PartitionLog:
    """Offsets, queue and files of a partition.

    The event loop owns everything but ``queue`` (it appends, the WAL thread takes) and ``writing`` (the
    WAL thread's). ``next_offset`` is given to the next message; ``synced_end`` is what readers may see.
    ``refuses`` is why nothing can be appended, or NONE.
    """

    segment_class: type[Segment] = Segment

    def __init__(self, topic: str, topic_id: UUID, partition: int, directory: Path) -> None:
        self.topic = topic
        self.topic_id = topic_id
        self.partition = partition
        self.directory = directory
        self.start_offset = 0
        self.next_offset = 0
        self.synced_end = 0
        self.refuses = ErrorCode.NONE
        self.queue: deque[Submission] = deque()
        self.queued_bytes = 0
        self.queued_batches = 0
        self.filling: Submission | None = None
        self.segments: list[Segment] = []
        self.writing: Segment | None = None
        self.producers = Producers()
        self.feeders: set[Feeder] = set()
        self._watchers: set[Callable[[], None]] = set()

    # -- appending: the event loop's side

    def submitted(self, submission: Submission) -> None:
        self.queued_bytes += submission.size_bytes
        self.queued_batches += submission.batches
        self.queue.append(submission)

    def committed(self, submission: Submission) -> None:
        """A commit holds it: readers may see it from now on."""
        segment = submission.segment
        assert segment is not None
        if not self.segments or self.segments[-1] is not segment:
            self.segments.append(segment)
        segment.note(submission.base_offset, submission.position)
        segment.readable_bytes = submission.position + submission.size_bytes
        self.synced_end = submission.end_offset

    def left_queue(self, submission: Submission) -> None:
        self.queued_bytes -= submission.size_bytes
        self.queued_batches -= submission.batches

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call ``watcher`` whenever the synced end has moved or the log refuses, until it is unwatched."""
        self._watchers.add(watcher)

    def unwatch(self, watcher: Callable[[], None]) -> None:
        self._watchers.discard(watcher)

    def tell_watchers(self) -> None:
        for watcher in tuple(self._watchers):
            watcher()

    # -- writing: the WAL thread's side

    def write(self, submissions: list[Submission], max_bytes: int, max_age_s: float, now_s: float) -> None:
        """Append to ``writing``, which the caller then syncs; a new segment when it is full or old.

        A segment is synced before the next is made, so that only the last can have a torn tail. Raises
        OSError.
        """
        pieces: list[bytes] = []
        pending_bytes = 0
        segment = self.writing
        for submission in submissions:
            if (
                segment is None
                or segment.written_bytes + pending_bytes >= max_bytes
                or now_s - segment.opened_at_s >= max_age_s
            ):
                if segment is not None:
                    segment.write(pieces, pending_bytes)
                    segment.finish()
                    pieces, pending_bytes = [], 0
                segment = self.writing = self._new_segment(submission.base_offset)
            submission.segment = segment
            submission.position = segment.written_bytes + pending_bytes
            pieces += submission.pieces
            pending_bytes += submission.size_bytes
        assert segment is not None
        segment.write(pieces, pending_bytes)

    def _new_segment(self, base_offset: int) -> Segment:
        header = SegmentHeader(self.topic, self.topic_id, self.partition, base_offset)
        if not self.directory.is_dir():
            make_directory(self.directory)
        return self.segment_class.create(self.directory, header)

    # -- reading

    def read(self, offset: int, max_bytes: int) -> list[bytes]:
        """Whole record batches from the one that holds ``offset`` on, synced ones only.

        About ``max_bytes`` at most, but one batch at least where there is any. Raises OSError, LogDamaged.
        """
        batches: list[bytes] = []
        size = 0
        if offset >= self.synced_end:
            return batches
        first = max(bisect_right(self.segments, offset, key=lambda s: s.base_offset) - 1, 0)
        for segment in self.segments[first:]:
            for record, buffer in segment.records(segment.position_before(offset), learn=True):
                if record.last_offset < offset:
                    continue
                batch = batch_of(record, buffer)
                if batches and size + len(batch) > max_bytes:
                    return batches
                batches.append(batch)
                size += len(batch)
                if size >= max_bytes:
                    return batches
        return batches

    def bytes_after(self, offset: int) -> int:
        """About how many bytes could be read from ``offset`` on, from the sparse index; 1 at least."""
        first = max(bisect_right(self.segments, offset, key=lambda s: s.base_offset) - 1, 0)
        segments = self.segments[first:]
        total = sum(segment.readable_bytes for segment in segments)
        return max(total - segments[0].position_before(offset), 1) if segments else 1

    def offset_at_time(self, timestamp_ms: int) -> tuple[int, int] | None:
        """Base offset and newest time of the first batch with a message of that time or later."""
        for segment in tuple(self.segments):
            for record, buffer in segment.records(segment.first_position()):
                newest_ms = BATCH.unpack_from(batch_of(record, buffer))[6]
                if newest_ms >= timestamp_ms:
                    return record.base_offset, newest_ms
        return None

    def finish(self) -> None:
        """Cut off the zeros that were written ahead, before the broker ends. Raises OSError."""
        if self.writing is not None and not self.refuses:
            self.writing.finish()

    def close(self) -> None:
        """Close all files; only when the WAL thread has nothing more of this log."""
        for segment in {*self.segments, *([self.writing] if self.writing else [])}:
            segment.close()


def make_directory(directory: Path) -> None:
    """Create it with its parents and sync each parent that gained an entry. Raises OSError."""
    missing = [directory, *directory.parents]
    missing = missing[: next(i for i, path in enumerate(missing) if path.is_dir())]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_directory(path.parent)
