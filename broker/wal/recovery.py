"""What a start finds on disk: the last whole record of each partition, after whatever end the last run had."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from broker.wal.partition import PartitionLog
from broker.wal.record import BATCH, decode_header, rest_is_sound
from broker.wal.segment import SUFFIX, Segment, batch_of, sync_directory

_CHUNK_BYTES = 1024 * 1024


def recover(log: PartitionLog) -> None:
    """Open the segments of ``log`` and set its offsets; a torn tail is cut off and named on stderr.

    Only the last segment is read through, a chunk at a time: an earlier one was synced before the next
    was made. Raises OSError.
    """
    if not log.directory.is_dir():
        return
    for path in sorted(log.directory.glob(f"*{SUFFIX}")):
        segment = log.segment_class.open(path)
        if segment is not None:
            log.segments.append(segment)
            continue
        # A kill between creating a segment and syncing its header leaves this; it holds no record.
        _warn(f"{_name(log)}: {path.name} has no whole header and is removed")
        path.unlink()
        sync_directory(path.parent)
    if not log.segments:
        return
    last = log.segments[-1]
    end_offset, sound_bytes = _walk(log, last)
    if sound_bytes < last.written_bytes:
        if not last.is_zero_after(sound_bytes):
            lost_bytes = last.written_bytes - sound_bytes
            _warn(f"{_name(log)}: {lost_bytes} bytes after the last whole record are cut off")
        last.truncate(sound_bytes)
        last.readable_bytes = sound_bytes
    log.start_offset = log.segments[0].base_offset
    log.next_offset = log.synced_end = end_offset
    log.writing = last


def _walk(log: PartitionLog, segment: Segment) -> tuple[int, int]:
    """Offset after the last sound record, and the bytes up to there."""
    position = segment.first_position()
    offset = segment.base_offset
    wanted = _CHUNK_BYTES
    fd = os.open(segment.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while True:
            buffer = os.pread(fd, wanted, position)
            at = needed = 0
            while (record := decode_header(buffer, at)) is not None:
                if at + record.size_bytes > len(buffer):
                    needed = record.size_bytes
                    break
                if record.base_offset != offset or not rest_is_sound(buffer, record):
                    return offset, position + at
                _remember(log, batch_of(record, buffer), record.base_offset)
                segment.note(record.base_offset, position + at)
                offset = record.last_offset + 1
                at += record.size_bytes
            position += at
            if at == 0 and (needed <= wanted or len(buffer) < wanted):
                return offset, position
            wanted = max(_CHUNK_BYTES, needed)
    finally:
        os.close(fd)


def _remember(log: PartitionLog, batch: bytes, base_offset: int) -> None:
    *_, producer_id, epoch, sequence, count = BATCH.unpack_from(batch)
    if producer_id >= 0:
        log.producers.note(producer_id, epoch, sequence, count, base_offset)


def _name(log: PartitionLog) -> str:
    return f"{log.topic}-{log.partition}"


def _warn(message: str) -> None:
    print(f"chronik: recovery of {message}", file=sys.stderr, flush=True)


def remove_strangers(wal_dir: Path, known: set[str]) -> None:
    """Remove the directories of topics that were deleted just before a kill. Raises OSError."""
    for path in wal_dir.iterdir():
        if path.is_dir() and path.name not in known:
            shutil.rmtree(path)
