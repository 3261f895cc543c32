"""What a broker keeps of what has come and gone, and what all that it was asked has made it hold."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import AskedLog, come_and_go, topic_deletion_ms, why
from chronik_perf.model import Measured, MeasurementFailed, ProbeName, Unavailable, known

# How long what is left of them may be there, and how often is looked.
GONE_S, LOOK_S = 0.5, 0.01
# Fewer are none: something else may have been opened meanwhile.
LEAST_LEFT = 5
_BLOCK_BYTES = 512  # of st_blocks, whatever the file system's are


def left_open(rig: Rig, log: AskedLog) -> Measured:
    """Count of how many of `COME_AND_GO` connections that have gone a descriptor or a thread is left."""
    try:
        come_and_go(log)  # a pool of threads that has grown does not grow again, and a leak does
    except MeasurementFailed as error:
        return why(error, log.address)
    time.sleep(GONE_S)
    return _left_of(rig, log, come_and_go)


def deleted_left(rig: Rig, log: AskedLog) -> Measured:
    """Count the descriptors or threads that are left of topics that were deleted; some must have been before, too."""
    return _left_of(rig, log, topic_deletion_ms)


def _left_of(rig: Rig, log: AskedLog, pass_by: Callable[[AskedLog], object]) -> Measured:
    """Give how many descriptors or threads, whichever are more, are there that were not before it passed by."""
    before = _open(rig)
    if isinstance(unread := before[0], Unavailable):
        return unread
    try:
        pass_by(log)
    except MeasurementFailed as error:
        return why(error, log.address)
    give_up_s = time.monotonic() + GONE_S
    while True:
        left = [difference(then, now) for then, now in zip(before, _open(rig), strict=True)]
        if known(left[0]) is None:
            return left[0]
        found = max(n for one in left if (n := known(one)) is not None)
        if found < LEAST_LEFT:
            return 0.0
        if time.monotonic() > give_up_s:
            return found
        time.sleep(LOOK_S)


@contextmanager
def grown(rig: Rig, told: dict[ProbeName, Measured]) -> Iterator[None]:
    """Add to what is `told` by how many MB its memory, and its files on disk, are larger when the block has run."""
    rss, disk = rig.process.rss_bytes(), _on_disk(rig)
    yield
    told["asked_memory"] = _mb(difference(rss, rig.process.rss_bytes()))
    told["asked_disk"] = _mb(difference(disk, _on_disk(rig)))


def difference(before: Measured, after: Measured) -> Measured:
    """Give how much more it is after than before, or why that is not known."""
    if isinstance(before, Unavailable) or isinstance(after, Unavailable):
        return before if isinstance(before, Unavailable) else after
    return after - before


def _open(rig: Rig) -> tuple[Measured, Measured]:
    return rig.process.descriptors(), rig.process.threads()


def _on_disk(rig: Rig) -> Measured:
    if rig.data_dir is None:
        return Unavailable("where its files lie is known of brokers alone that perf has started")
    return float(sum(_bytes_of(path) for path in rig.data_dir.rglob("*")))


def _bytes_of(path: Path) -> int:
    try:
        return path.lstat().st_blocks * _BLOCK_BYTES
    except OSError:  # it was deleted in between
        return 0


def _mb(size_bytes: Measured) -> Measured:
    # Memory may have been given back meanwhile: that is no growth.
    return size_bytes if isinstance(size_bytes, Unavailable) else max(0.0, size_bytes / 1e6)
