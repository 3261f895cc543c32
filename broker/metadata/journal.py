"""The Raft log on disk: checksummed, append-only, synced before an entry counts that a client is told of.

pysyncobj's own journal has no checksum and syncs nothing; this one goes in its place. A record is

    head   length of the body u32, kind u8, index u64, term u64, CRC-32C of the head u32
    body   the command, then CRC-32C of head and body u32

A record that the file ends in the middle of is torn by a kill and cut off. A record that is whole and wrong
is damage, wherever it stands: the head's own checksum tells the two apart, also where a bit of the length
has flipped.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from google_crc32c import value as crc32c
from pysyncobj.journal import Journal as PysyncobjJournal

from broker.metadata.interface import MetadataError

Entry: TypeAlias = tuple[bytes, int, int]
"""Command, index, term."""

UNSYNCED = b"\x00chronik: need not be synced\x00"
"""A command that holds this forces no sync; every other one does, those of pysyncobj included."""

_MAGIC = b"CHRKRAFT1\n"
_HEAD = struct.Struct(">IBQQ")
_CRC = struct.Struct(">I")
_OVERHEAD = _HEAD.size + 2 * _CRC.size

_ENTRY, _TERM, _CUT = 1, 2, 3


class Journal(PysyncobjJournal):  # type: ignore[misc]
    """What pysyncobj keeps its log in. All calls come from one thread at a time.

    Opening raises MetadataError for a damaged file and OSError where it cannot be read. Commands that need
    not be synced are left out when it is opened: the WAL knows partition offsets better, and so the log
    holds no more than topics and ids after each start, however long the last one ran.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1
        self._entries: list[Entry] = []
        self._term = 0
        self._voted_for: str | None = None
        self.syncs = 0
        if path.exists():
            self._load()
        self._rewrite()

    # -- what pysyncobj calls

    def add(self, command: bytes, idx: int, term: int) -> None:
        """Append an entry; when this returns it is on disk, unless the command is UNSYNCED."""
        self._entries.append((command, idx, term))
        self._write(_ENTRY, idx, term, command, sync=UNSYNCED not in command)

    def clear(self) -> None:
        self.deleteEntriesFrom(0)

    def deleteEntriesFrom(self, entryFrom: int) -> None:
        del self._entries[entryFrom:]
        self._write(_CUT, entryFrom, 0, b"", sync=True)

    def deleteEntriesTo(self, entryTo: int) -> None:
        del self._entries[:entryTo]
        self._rewrite()

    def __getitem__(self, item: int) -> Entry:
        return self._entries[item]

    def __len__(self) -> int:
        return len(self._entries)

    def _destroy(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def setRaftCommitIndex(self, raftCommitIndex: int) -> None:
        """Nothing to keep: an election at the next start commits what the log holds."""

    def getRaftCommitIndex(self) -> int:
        return 1

    def setCurrentTerm(self, term: int, votedForNodeId: str | None) -> None:
        """Keep term and vote; on disk when this returns, since a vote must never be given twice."""
        self._term, self._voted_for = term, votedForNodeId
        self._write(_TERM, 0, term, (votedForNodeId or "").encode(), sync=True)

    def getCurrentTerm(self) -> int:
        return self._term

    def getVotedForNodeId(self) -> str | None:
        return self._voted_for

    # -- the file

    def _write(self, kind: int, idx: int, term: int, body: bytes, *, sync: bool) -> None:
        record = memoryview(_record(kind, idx, term, body))
        while record:
            record = record[os.write(self._fd, record) :]
        if sync:
            os.fdatasync(self._fd)
            self.syncs += 1

    def _load(self) -> None:
        for kind, idx, term, body in _records(self._path):
            match kind:
                case _ if kind == _ENTRY:
                    self._entries.append((body, idx, term))
                case _ if kind == _TERM:
                    self._term, self._voted_for = term, body.decode() or None
                case _ if kind == _CUT:
                    del self._entries[idx:]
                case _:
                    raise MetadataError(f"the Raft journal {self._path} has a record of a later version")
        kept = [entry for entry in self._entries if UNSYNCED not in entry[0]]
        if len(kept) < len(self._entries):
            # Alone in its group a node may renumber: no other one holds entries by the old indices.
            first = self._entries[0][1] if self._entries else 1
            self._entries = [(command, first + i, term) for i, (command, _, term) in enumerate(kept)]

    def _rewrite(self) -> None:
        """Write what is kept into a new file, and put it in the old one's place."""
        temporary = self._path.with_suffix(".new")
        self._destroy()
        self._fd = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644
        )
        os.write(self._fd, _MAGIC)
        self._write(_TERM, 0, self._term, (self._voted_for or "").encode(), sync=False)
        for command, idx, term in self._entries:
            self._write(_ENTRY, idx, term, command, sync=False)
        os.fsync(self._fd)
        temporary.replace(self._path)
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _record(kind: int, idx: int, term: int, body: bytes) -> bytes:
    head = _HEAD.pack(len(body), kind, idx, term)
    start = head + _CRC.pack(crc32c(head)) + body
    return start + _CRC.pack(crc32c(start))


def _records(path: Path) -> Iterator[tuple[int, int, int, bytes]]:
    """Give kind, index, term and body of each whole record. Raises MetadataError for damage."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(len(_MAGIC)) != _MAGIC:
            raise MetadataError(f"the Raft journal {path} does not begin as one; restore it from a copy")
        while (at := file.tell()) < size:
            start = file.read(_HEAD.size + _CRC.size)
            if len(start) < _HEAD.size + _CRC.size or not any(start):
                break
            head = start[: _HEAD.size]
            if crc32c(head) != _CRC.unpack(start[_HEAD.size :])[0]:
                raise _damaged(path, at)
            length, kind, idx, term = _HEAD.unpack(head)
            if at + _OVERHEAD + length > size:
                break
            body = file.read(length)
            if crc32c(start + body) != _CRC.unpack(file.read(_CRC.size))[0]:
                raise _damaged(path, at)
            yield kind, idx, term, body
        else:
            return
    print(f"chronik: the Raft journal ended in a torn record at byte {at}, which is cut off", file=sys.stderr)


def _damaged(path: Path, at: int) -> MetadataError:
    return MetadataError(f"the Raft journal {path} is damaged at byte {at}; restore it from a copy")
