"""What a broker keeps of what has come and gone, and what all that it was asked has made it hold."""

from __future__ import annotations

import os
import time

from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import AskedLog, come_and_go, delete_topics, why
from chronik_perf.model import Measured, MeasurementFailed, ProbeName, Unavailable, known

# How long what is left of them may be there, and how often is looked.
GONE_S, LOOK_S = 0.5, 0.01
DELETED_S = 2.0  # brokers delete files when they have answered, some in a thread of their own
# Fewer are none: something else may have been opened meanwhile.
LEAST_LEFT = 5
# What they leave behind is to be more than that.
ENOUGH_DELETED = 2 * LEAST_LEFT
TOO_SLOW = Unavailable("it was too slow to delete enough topics")
_BLOCK_BYTES = 512  # of st_blocks, whatever the file system's are


def left_open(rig: Rig, log: AskedLog) -> Measured:
    """Count of how many of `COME_AND_GO` connections that have gone a descriptor or a thread is left."""
    try:
        come_and_go(log)  # a pool of threads that has grown does not grow again, and a leak does
        time.sleep(GONE_S)
        before = _open(rig)
        come_and_go(log)
    except MeasurementFailed as error:
        return why(error, log.address)
    return _left_since(rig, before, GONE_S)


def deletion(rig: Rig, log: AskedLog) -> dict[ProbeName, Measured]:
    """Give what deleting a topic takes, and count the descriptors or threads that are left when more were deleted."""
    try:
        took_ms = delete_topics(log).took_ms
        before = _open(rig)
        deleted = delete_topics(log).topics
    except MeasurementFailed as error:
        return dict.fromkeys(("topic_deletion", "deleted_left"), why(error, log.address))
    if deleted < ENOUGH_DELETED:
        return {"topic_deletion": took_ms, "deleted_left": TOO_SLOW}
    return {"topic_deletion": took_ms, "deleted_left": _left_since(rig, before, DELETED_S)}


def _left_since(rig: Rig, before: tuple[Measured, Measured], patience_s: float) -> Measured:
    """Give how many descriptors or threads more there are than before, whichever are more, when patience ends."""
    give_up_s = time.monotonic() + patience_s
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


def sizes(rig: Rig) -> tuple[Measured, Measured]:
    """Give the bytes of its memory, and those that its files take on disk."""
    return rig.process.rss_bytes(), _on_disk(rig)


def grown_since(rig: Rig, before: tuple[Measured, Measured]) -> dict[ProbeName, Measured]:
    """Give by how many MB both have grown."""
    memory, disk = (_mb(difference(then, now)) for then, now in zip(before, sizes(rig), strict=True))
    return {"asked_memory": memory, "asked_disk": disk}


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
    unread: list[OSError] = []
    # A folder that is deleted in between is no failure.
    walked = os.walk(rig.data_dir, onerror=unread.append)
    found = sum(_bytes_of(os.path.join(folder, name)) for folder, _, names in walked for name in names)
    if any(isinstance(one, PermissionError) for one in unread):
        return Unavailable("its files cannot be read: this user may not")
    return float(found)


def _bytes_of(path: str) -> int:
    try:
        return os.lstat(path).st_blocks * _BLOCK_BYTES
    except OSError:  # it was deleted in between
        return 0


def _mb(size_bytes: Measured) -> Measured:
    # Memory may have been given back meanwhile: that is no growth.
    return size_bytes if isinstance(size_bytes, Unavailable) else max(0.0, size_bytes / 1e6)
