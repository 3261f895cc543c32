"""One file of a partition's log: a header that names what it belongs to, then WAL records."""

from __future__ import annotations

import os
import struct
import time
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from google_crc32c import value as crc32c

from broker.wal.record import BATCH_AT, HEADER_BYTES, Record, decode_header

SUFFIX = ".wal"
_MAGIC = b"CHRONWAL"
_HEAD = struct.Struct(">8sIH")
_BODY = struct.Struct(">16siq")
_INDEX_EVERY_BYTES = 64 * 1024
_CHUNK_BYTES = 256 * 1024
_MAX_BUFFERS = os.sysconf("SC_IOV_MAX")
_AHEAD_COMMITS = 16
_AHEAD_MIN_BYTES = 64 * 1024
_AHEAD_MAX_BYTES = 1024 * 1024
_ZEROS = memoryview(bytes(_AHEAD_MAX_BYTES))


class LogDamaged(Exception):
    """A file of the log does not hold what it should; the message names the file."""


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What stands at the start of a segment, so that a file explains itself."""

    topic: str
    topic_id: UUID
    partition: int
    base_offset: int

    def encode(self) -> bytes:
        body = _BODY.pack(self.topic_id.bytes, self.partition, self.base_offset) + self.topic.encode()
        return _HEAD.pack(_MAGIC, crc32c(body), len(body)) + body

    @classmethod
    def decode(cls, data: bytes) -> tuple[SegmentHeader, int] | None:
        """The header and its size in bytes, or None where there is no whole one."""
        if len(data) < _HEAD.size:
            return None
        magic, crc, length = _HEAD.unpack_from(data)
        body = data[_HEAD.size : _HEAD.size + length]
        if magic != _MAGIC or len(body) < max(length, _BODY.size) or crc32c(body) != crc:
            return None
        topic_id, partition, base_offset = _BODY.unpack_from(body)
        topic = body[_BODY.size :].decode(errors="replace")
        return cls(topic, UUID(bytes=topic_id), partition, base_offset), _HEAD.size + length


class Segment:
    """A segment that is open. ``readable_bytes`` is how far readers may go: what has been synced.

    Small commits write zeros ahead of themselves, as PostgreSQL does: a sync that overwrites blocks which
    are there already need not wait for the file system's journal and takes less than half the time. What
    is left of the zeros is cut off when the segment is finished, or by the recovery after a kill.

    The index is sparse, an offset and its position every 64 KB, and grows as records are written or
    walked over.
    """

    def __init__(self, path: Path, fd: int, base_offset: int, header_bytes: int, written_bytes: int) -> None:
        self.path = path
        self.base_offset = base_offset
        self.opened_at_s = time.monotonic()
        self.written_bytes = written_bytes
        self.readable_bytes = written_bytes
        self._zeroed_bytes = written_bytes
        self._fd = fd
        self._offsets = array("q", [base_offset])
        self._positions = array("q", [header_bytes])

    @classmethod
    def create(cls, directory: Path, header: SegmentHeader) -> Segment:
        """A new file, durable with its directory entry. Raises OSError."""
        path = directory / f"{header.base_offset:020d}{SUFFIX}"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        try:
            encoded = header.encode()
            write_all(fd, [encoded], 0)
            os.fsync(fd)
            sync_directory(directory)
        except BaseException:
            os.close(fd)
            raise
        return cls(path, fd, header.base_offset, len(encoded), len(encoded))

    @classmethod
    def open(cls, path: Path) -> Segment | None:
        """A file that exists, or None where its header is not whole. Raises OSError."""
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        found = SegmentHeader.decode(os.pread(fd, 512, 0))
        if found is None:
            os.close(fd)
            return None
        header, header_bytes = found
        return cls(path, fd, header.base_offset, header_bytes, os.fstat(fd).st_size)

    def write(self, pieces: list[bytes], size_bytes: int) -> None:
        """Append, without syncing; called by the WAL thread only. Raises OSError."""
        write_all(self._fd, pieces, self.written_bytes)
        self.written_bytes += size_bytes
        # A large commit's sync is the time of its own data; zeros would only add to it.
        if self.written_bytes > self._zeroed_bytes and size_bytes <= _AHEAD_MAX_BYTES // 4:
            self._write_zeros(min(max(_AHEAD_COMMITS * size_bytes, _AHEAD_MIN_BYTES), _AHEAD_MAX_BYTES))

    def _write_zeros(self, ahead_bytes: int) -> None:
        # They only save time, so a disk that has no room for them is none of their business.
        with suppress(OSError):
            written = os.pwrite(self._fd, _ZEROS[:ahead_bytes], self.written_bytes)
            self._zeroed_bytes = self.written_bytes + written

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def finish(self) -> None:
        """Cut off the zeros and sync: nothing more is written here. Raises OSError."""
        self.truncate(self.written_bytes)

    def truncate(self, size_bytes: int) -> None:
        os.ftruncate(self._fd, size_bytes)
        os.fdatasync(self._fd)
        self.written_bytes = self._zeroed_bytes = size_bytes

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def is_zero_after(self, position: int) -> bool:
        """Whether nothing but zeros follows. Raises OSError."""
        while chunk := os.pread(self._fd, _CHUNK_BYTES, position):
            if any(chunk):
                return False
            position += len(chunk)
        return True

    def note(self, offset: int, position: int) -> None:
        """Remember where the record that begins with ``offset`` lies, if the last one noted is far."""
        if position - self._positions[-1] >= _INDEX_EVERY_BYTES:
            self._offsets.append(offset)
            self._positions.append(position)

    def position_before(self, offset: int) -> int:
        """A position from which walking forward finds ``offset``."""
        return self._positions[max(bisect_right(self._offsets, offset) - 1, 0)]

    def first_position(self) -> int:
        return self._positions[0]

    def records(self, position: int, *, learn: bool = False) -> Iterator[tuple[Record, bytes]]:
        """Every record from ``position`` to the readable end, each with the buffer that holds it whole.

        Reads 256 KB at a time whatever the file's size. ``learn`` notes what is passed in the index and
        is for the event loop's thread only. Raises OSError, LogDamaged.
        """
        end = self.readable_bytes
        while position < end:
            buffer = os.pread(self._fd, min(_CHUNK_BYTES, end - position), position)
            at = 0
            while at + HEADER_BYTES <= len(buffer):
                record = decode_header(buffer, at)
                if record is None:
                    raise LogDamaged(f"{self.path.name} holds no record at byte {position + at}")
                if at + record.size_bytes > len(buffer):
                    break
                if learn:
                    self.note(record.base_offset, position + at)
                yield record, buffer
                at += record.size_bytes
            if at == 0:
                record = self._large_record(position, end)
                yield record, os.pread(self._fd, record.size_bytes, position)
                at = record.size_bytes
            position += at

    def _large_record(self, position: int, end: int) -> Record:
        head = os.pread(self._fd, HEADER_BYTES, position)
        record = decode_header(head, 0)
        if record is None or position + record.size_bytes > end:
            raise LogDamaged(f"{self.path.name} holds no whole record at byte {position}")
        return record


def batch_of(record: Record, buffer: bytes) -> bytes:
    """The record batch inside a record, as a consumer wants it."""
    return buffer[record.start + BATCH_AT : record.start + record.size_bytes]


def write_all(fd: int, pieces: list[bytes], position: int) -> None:
    """pwritev until all is written, at most SC_IOV_MAX buffers at a time. Raises OSError."""
    for first in range(0, len(pieces), _MAX_BUFFERS):
        some = pieces[first : first + _MAX_BUFFERS]
        size_bytes = sum(map(len, some))
        written = os.pwritev(fd, some, position)
        while written < size_bytes:
            written += os.pwrite(fd, memoryview(b"".join(some))[written:], position + written)
        position += size_bytes


def sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
