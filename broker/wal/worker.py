"""When a commit begins: the two group-commit workers, and the inbox that wakes them."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Protocol

from broker.config import WalConfig
from broker.wal.partition import PartitionLog
from broker.wal.profiles import Profile


class Inbox:
    """Which partitions have something queued. The event loop puts, the WAL thread does all the rest."""

    def __init__(self) -> None:
        self.ready: dict[PartitionLog, None] = {}
        self.stopping = False
        self._wake: SimpleQueue[PartitionLog | None] = SimpleQueue()
        # Two counters, one writer each: a single one changed by two threads would lose counts.
        self._submitted_batches = 0
        self._taken_batches = 0

    def put(self, log: PartitionLog, batches: int) -> None:
        self._submitted_batches += batches
        self._wake.put(log)

    def stop(self) -> None:
        """What was put before is still committed."""
        self._wake.put(None)

    def depth_batches(self) -> int:
        return self._submitted_batches - self._taken_batches

    def taken(self, batches: int) -> None:
        self._taken_batches += batches

    def wait(self, timeout_s: float) -> None:
        """Until the next notification or the timeout; notifications that came meanwhile are collected."""
        try:
            self._note(self._wake.get(timeout=timeout_s))
        except Empty:
            return
        self.collect()

    def collect(self) -> None:
        """Take all notifications that are there, without waiting."""
        try:
            while True:
                self._note(self._wake.get_nowait())
        except Empty:
            return

    def _note(self, log: PartitionLog | None) -> None:
        if log is None:
            self.stopping = True
        else:
            self.ready[log] = None


class Worker(Protocol):
    """Decides when a commit begins."""

    def wait(self, inbox: Inbox) -> None:
        """Return when what is queued should be committed; ``inbox.ready`` is then up to date."""


class NotifyOrTimer:
    """Begin as soon as anything is queued: what arrives while a sync runs gathers for the next commit."""

    def __init__(self, max_wait_s: float) -> None:
        self._max_wait_s = max_wait_s

    def wait(self, inbox: Inbox) -> None:
        if inbox.ready:
            inbox.collect()
        else:
            inbox.wait(self._max_wait_s)


class Altered:
    """Wait for a minimum depth or for the profile's timer, then sleep, then begin.

    The timer runs from the first batch that waits. This is the incident's worker, made to give larger
    commits; the wait is what it costs.
    """

    def __init__(self, max_wait_s: float, min_depth_batches: int, sleep_s: float) -> None:
        self._max_wait_s = max_wait_s
        self._min_depth_batches = min_depth_batches
        self._sleep_s = sleep_s

    def wait(self, inbox: Inbox) -> None:
        if not inbox.ready:
            inbox.wait(self._max_wait_s)
            if not inbox.ready:
                return
        deadline_s = time.monotonic() + self._max_wait_s
        while inbox.depth_batches() < self._min_depth_batches and not inbox.stopping:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                break
            inbox.wait(left_s)
        time.sleep(self._sleep_s)
        inbox.collect()


def make_worker(config: WalConfig, profile: Profile) -> Worker:
    if config.worker == "altered":
        return Altered(profile.max_wait_s, config.min_queue_depth, config.commit_sleep_ms / 1e3)
    return NotifyOrTimer(profile.max_wait_s)
