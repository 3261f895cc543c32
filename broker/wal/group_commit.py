"""What a commit does: take what is queued, write once and sync once for each file, tell the event loop."""

from __future__ import annotations

import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable

from broker.wal.partition import PartitionLog, Submission
from broker.wal.profiles import Profile
from broker.wal.worker import Inbox, Worker


class Commit:
    """One commit's outcome. ``error`` is set where nothing of it may be acknowledged.

    ``queued_at_sum_s`` sums over batches when each was queued.
    """

    __slots__ = (
        "batches",
        "done_at_s",
        "error",
        "queued_at_sum_s",
        "size_bytes",
        "submissions",
        "sync_s",
        "syncs",
    )

    def __init__(self, submissions: list[Submission]) -> None:
        self.submissions = submissions
        self.batches = 0
        self.size_bytes = 0
        self.queued_at_sum_s = 0.0
        for submission in submissions:
            batches = submission.batches
            self.batches += batches
            self.size_bytes += submission.size_bytes
            self.queued_at_sum_s += batches * submission.queued_at_s
        self.error: OSError | None = None
        self.syncs = 0
        self.sync_s = 0.0
        self.done_at_s = 0.0


class GroupCommit:
    """The WAL thread.

    After a write or a sync has failed it never tries again: what the kernel dropped cannot be known, so
    every later commit fails with the same error until the broker is started anew.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        worker: Worker,
        profile: Profile,
        segment_max_bytes: int,
        segment_max_age_s: float,
        on_commit: Callable[[Commit], None],
    ) -> None:
        self.inbox = Inbox()
        self._loop = loop
        self._worker = worker
        self._profile = profile
        self._segment_max_bytes = segment_max_bytes
        self._segment_max_age_s = segment_max_age_s
        self._on_commit = on_commit
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="wal", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit what is queued, then end the thread; the outcome still reaches the event loop."""
        if self._thread.is_alive():
            self.inbox.stop()
            self._thread.join()

    def _run(self) -> None:
        inbox = self.inbox
        while not (inbox.stopping and not inbox.ready):
            if inbox.stopping:
                inbox.collect()
            else:
                self._worker.wait(inbox)
            if inbox.ready:
                self._commit(self._take())

    def _take(self) -> list[Submission]:
        """From each queue in turn, up to what the profile allows in one commit."""
        taken: list[Submission] = []
        batches = size_bytes = 0
        ready = self.inbox.ready
        for log in list(ready):
            queue = log.queue
            # Popped before its queue is looked at: what is put from now on brings a notification anew.
            del ready[log]
            while queue:
                submission = queue[0]
                if taken and (
                    batches + submission.batches > self._profile.max_commit_batches
                    or size_bytes + submission.size_bytes > self._profile.max_commit_bytes
                ):
                    ready[log] = None
                    break
                taken.append(queue.popleft())
                batches += submission.batches
                size_bytes += submission.size_bytes
        self.inbox.taken(batches)
        return taken

    def _commit(self, submissions: list[Submission]) -> None:
        if not submissions:
            return
        commit = Commit(submissions)
        if self._error is None:
            try:
                self._store(commit)
            except OSError as error:
                self._error = error
        commit.error = self._error
        commit.done_at_s = time.perf_counter()
        self._loop.call_soon_threadsafe(self._on_commit, commit)

    def _store(self, commit: Commit) -> None:
        by_log: dict[PartitionLog, list[Submission]] = {}
        for submission in commit.submissions:
            by_log.setdefault(submission.log, []).append(submission)
        now_s = time.monotonic()
        for log, submissions in by_log.items():
            log.write(submissions, self._segment_max_bytes, self._segment_max_age_s, now_s)
        begun_s = time.perf_counter()
        for log in by_log:
            assert log.writing is not None
            log.writing.sync()
        commit.sync_s = time.perf_counter() - begun_s
        commit.syncs = len(by_log)
