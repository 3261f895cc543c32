"""The Raft log on disk: every entry checked by CRC, a torn end cut off, durable before it is committed.

It takes the place of pysyncobj's own journal, which neither syncs nor checks anything. The file is eight
bytes that name the format, then records: a head (CRC-32C of the rest of the head, length and CRC-32C of
the body, kind, index, term) and a body. Lengths have a checksum of their own, so that a damaged length is
damage, never mistaken for a record that a kill cut short.

======== ============================== ================================
kind     index, term                    body
======== ============================== ================================
ENTRY    the entry's                    the command
VOTE     0, the current term            who got the vote in it
STATE    of the last entry in it        the state machine; first record
======== ============================== ================================

What is added is written by the next ``flush``, all of it at once, and synced then if it holds an entry for
which ``forces_sync`` is true. Nothing is committed before (``setRaftCommitIndex``), and a term and its vote
are on disk before anybody can learn of them. An entry that forces no sync survives the process, not the
machine. ``compact`` bounds the file: the next flush replaces it by a state and the entries after it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path
from typing import TypeAlias, overload

from google_crc32c import value as crc32c
from pysyncobj.journal import Journal

from broker.metadata.interface import MetadataError

MAGIC = b"CHRKRFT\x01"
_REST_OF_HEAD = struct.Struct(">IIBQQ")
_HEAD_CRC = struct.Struct(">I")
_HEAD_BYTES = _HEAD_CRC.size + _REST_OF_HEAD.size

Entry: TypeAlias = tuple[bytes, int, int]
"""A command, its index, its term."""


class Kind(IntEnum):
    ENTRY = 1
    VOTE = 2
    STATE = 3


class CheckedJournal(Journal):  # type: ignore[misc]
    """pysyncobj's ``Journal``, as far as a node without peers uses it; one thread at a time.

    Opening it raises MetadataError for a damaged file and OSError for one that cannot be read; ``cut_bytes``
    is the length of the torn end that was cut off, ``state`` what the last ``compact`` was given. Writing
    raises OSError where it fails; it has ``failed`` then for good, since what the kernel kept is unknown.
    """

    def __init__(self, path: Path, forces_sync: Callable[[bytes], bool]) -> None:
        self._path = path
        self._forces_sync = forces_sync
        self._entries: list[Entry] = []
        self._term = 0
        self._voted_for = ""
        self._unwritten: list[bytes] = []
        self._unsynced = False
        self._replacing = False
        self.failed = False
        self.state: bytes | None = None
        self.cut_bytes = 0
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            self._recover()
        except BaseException:
            os.close(self._fd)
            raise

    def flush(self) -> None:
        """Bring to disk what was added; may run in another thread while nothing else is called."""
        if self.failed:
            raise OSError("an earlier write failed")
        try:
            if self._replacing:
                self._replace()
            elif self._unwritten:
                _write_all(self._fd, b"".join(self._unwritten))
                if self._unsynced:
                    os.fdatasync(self._fd)
        except OSError:
            self.failed = True
            raise
        self._unwritten.clear()
        self._unsynced = self._replacing = False

    @property
    def to_flush(self) -> bool:
        return self._replacing or bool(self._unwritten)

    def compact(self, state: bytes, applied: int) -> None:
        """Let a state stand for all entries up to index ``applied``, which is not the first."""
        self.state = state
        # pysyncobj finds its place by the last entry that is in the state and the one before it.
        del self._entries[: applied - 1 - self._entries[0][1]]
        self._replacing = True

    # -- what pysyncobj calls; the names are its own

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, item: int) -> Entry: ...

    @overload
    def __getitem__(self, item: slice) -> list[Entry]: ...

    def __getitem__(self, item: int | slice) -> Entry | list[Entry]:
        return self._entries[item]

    def add(self, command: bytes, idx: int, term: int) -> None:
        self._entries.append((command, idx, term))
        self._unwritten.append(_record(Kind.ENTRY, idx, term, command))
        self._unsynced = self._unsynced or self._forces_sync(command)

    def setRaftCommitIndex(self, raftCommitIndex: int) -> None:
        self.flush()

    def getRaftCommitIndex(self) -> int:
        """Not stored: what a state holds is committed, and a new leader's first entry commits the rest."""
        return self._entries[0][1] if self._entries else 1

    def setCurrentTerm(self, term: int, votedForNodeId: str | None) -> None:
        self._term, self._voted_for = term, votedForNodeId or ""
        self._unwritten.append(_record(Kind.VOTE, 0, term, self._voted_for.encode()))
        self._unsynced = True
        self.flush()

    def getCurrentTerm(self) -> int:
        return self._term

    def getVotedForNodeId(self) -> str | None:
        return self._voted_for or None

    def _destroy(self) -> None:
        try:
            if not self.failed:
                self.flush()
        finally:
            os.close(self._fd)

    # -- the file

    def _recover(self) -> None:
        data = self._path.read_bytes()
        if MAGIC.startswith(data):
            self._replace()
            return
        if not data.startswith(MAGIC):
            raise _damaged(self._path, 0)
        sound = len(MAGIC)
        for kind, index, term, body, end in _records(data, self._path):
            match kind:
                case Kind.ENTRY:
                    if self._entries and index != self._entries[-1][1] + 1:
                        raise _damaged(self._path, sound)
                    self._entries.append((body, index, term))
                case Kind.VOTE:
                    self._term, self._voted_for = term, body.decode()
                case Kind.STATE:
                    self.state = body
            sound = end
        if self.state is not None and len(self._entries) < 2:
            raise _damaged(self._path, sound)
        self.cut_bytes = len(data) - sound
        if self.cut_bytes:
            os.ftruncate(self._fd, sound)
            os.fsync(self._fd)

    def _replace(self) -> None:
        """Write all that is known into a new file, and let it take the place of this one."""
        pieces = [MAGIC]
        if self.state is not None:
            _, index, term = self._entries[1]
            pieces.append(_record(Kind.STATE, index, term, self.state))
        pieces.append(_record(Kind.VOTE, 0, self._term, self._voted_for.encode()))
        pieces.extend(_record(Kind.ENTRY, index, term, command) for command, index, term in self._entries)
        new = self._path.with_suffix(".new")
        fd = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            _write_all(fd, b"".join(pieces))
            os.fsync(fd)
            new.replace(self._path)
        except OSError:
            os.close(fd)
            raise
        os.close(self._fd)
        self._fd = fd
        _sync_directory(self._path.parent)


def _record(kind: Kind, index: int, term: int, body: bytes) -> bytes:
    rest = _REST_OF_HEAD.pack(len(body), crc32c(body), kind, index, term)
    return _HEAD_CRC.pack(crc32c(rest)) + rest + body


def _records(data: bytes, path: Path) -> Iterator[tuple[Kind, int, int, bytes, int]]:
    """Kind, index, term, body and end of each whole record after ``MAGIC``; ends before a torn one.

    A kill leaves a record short; a crash of the machine may leave zeros in its place. One that is all there
    and does not match its checksum was damaged later: MetadataError.
    """
    at = len(MAGIC)
    while len(data) - at >= _HEAD_BYTES:
        (head_crc,) = _HEAD_CRC.unpack_from(data, at)
        rest = data[at + _HEAD_CRC.size : at + _HEAD_BYTES]
        length, body_crc, kind, index, term = _REST_OF_HEAD.unpack(rest)
        end = at + _HEAD_BYTES + length
        if crc32c(rest) != head_crc:
            if not data[at:].strip(b"\0"):
                return
            raise _damaged(path, at)
        if end > len(data):
            return
        body = data[at + _HEAD_BYTES : end]
        if crc32c(body) != body_crc:
            raise _damaged(path, at)
        yield Kind(kind), index, term, body, end
        at = end


def _damaged(path: Path, at: int) -> MetadataError:
    return MetadataError(f"the metadata journal {path} is damaged at byte {at}; restore it from a copy")


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
