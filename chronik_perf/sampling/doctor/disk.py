"""The disk under the brokers' data: which file system, what a sync costs, how much is free."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from chronik_perf.sampling.doctor.check import Advice, Check, Gain, unavailable
from chronik_perf.sampling.machine import Mount, mount_of

_PAGE = b"\xa5" * 4096
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "virtiofs", "fuse.sshfs", "ceph"})
_LEAST_FREE_BYTES = 4 << 30
# A tail this much above the median makes whole slices differ by what the disk happened to do.
_WILD = 10.0


def file_system(folder: Path) -> Check:
    """Say which file system holds a folder; memory is warned of, because a sync is free there."""
    mount = mount_of(folder)
    said = f"{mount.filesystem} on {mount.device}"
    if mount.filesystem == "unknown":
        return unavailable("file system", "this system does not tell what is mounted where")
    if mount.filesystem in _IN_MEMORY:
        advice = Advice(
            "keep the data on a disk with --data-dir: in memory a sync is free", Gain.ANOTHER_QUESTION
        )
        return Check(
            "file system", "warning", f"{said}, where a sync is free, so acks=1 means nothing", {}, (advice,)
        )
    if mount.filesystem in _REMOTE:
        advice = Advice("keep the data on a local disk with --data-dir", Gain.MUCH_NOISE)
        return Check("file system", "warning", f"{said}, which is not a local disk", {}, (advice,))
    if "discard" in mount.options.split(","):
        advice = Advice("mount the data's disk without discard (run fstrim instead)", Gain.SOME_NOISE)
        return Check(
            "file system",
            "warning",
            f"{said}, with discard: deleting data disturbs later syncs",
            {},
            (advice,),
        )
    return Check("file system", "ok", said)


def sync(folder: Path, seconds: float) -> Check:
    """Append 4 KiB and fdatasync, again and again, as a write-ahead log does."""
    names = ("sync_p50_ms", "sync_p99_ms", "syncs")
    times: list[float] = []
    try:
        fd, path = tempfile.mkstemp(prefix="doctor-", dir=folder)
    except OSError as error:
        return unavailable("disk sync", f"cannot write into {folder}: {error.strerror}", *names)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(times) < 5:
            begun = time.perf_counter_ns()
            os.write(fd, _PAGE)
            os.fdatasync(fd)
            times.append((time.perf_counter_ns() - begun) / 1e6)
    except OSError as error:
        return unavailable("disk sync", f"a write or a sync in {folder} failed: {error.strerror}", *names)
    finally:
        os.close(fd)
        with contextlib.suppress(OSError):
            os.unlink(path)
    p50, p99 = (float(v) for v in np.percentile(times, [50, 99]))
    measured = {"sync_p50_ms": p50, "sync_p99_ms": p99, "syncs": float(len(times))}
    said = (
        f"fdatasync of 4 KiB takes {p50:.2f} ms in the median and {p99:.2f} ms at p99 ({len(times)} of them)"
    )
    mount: Mount = mount_of(folder)
    if mount.filesystem in _IN_MEMORY:
        return Check("disk sync", "warning", f"{said}, but it is memory, not a disk", {**measured})
    if p99 > _WILD * p50:
        advice = Advice(
            "use a disk that others do not write to: its slowest syncs take over "
            f"{_WILD:.0f} times the usual",
            Gain.SOME_NOISE,
        )
        return Check("disk sync", "warning", said, {**measured}, (advice,))
    return Check("disk sync", "ok", said, {**measured})


def free_space(folder: Path) -> Check:
    """Say how much is free where the brokers' data will lie."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return unavailable("free disk", f"cannot read it: {error.strerror}", "free_bytes")
    said = f"{free / 1e9:.1f} GB free"
    if free >= _LEAST_FREE_BYTES:
        return Check("free disk", "ok", said, {"free_bytes": float(free)})
    advice = Advice(
        "free some disk, or choose another with --data-dir: a block may write 3 GB", Gain.ANOTHER_QUESTION
    )
    return Check(
        "free disk", "warning", f"{said}, and a block may write 3 GB", {"free_bytes": float(free)}, (advice,)
    )
