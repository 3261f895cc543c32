"""The Raft journal: no flipped bit is taken for data, and a kill costs nothing that was told."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.metadata import MetadataError
from broker.metadata.journal import CheckedJournal, Entry

COMMANDS = (b"\x01", b"\x00create", b"\x00offset", b"\x00delete")


def opened(path: Path) -> CheckedJournal:
    return CheckedJournal(path, forces_sync=lambda command: b"offset" not in command)


def written(path: Path) -> list[Entry]:
    """Write a few entries, a state among them, and give them as they are read again."""
    journal = opened(path)
    journal.setCurrentTerm(3, "127.0.0.1:1")
    for index, command in enumerate(COMMANDS, start=1):
        journal.add(command, index, 3)
    journal.setRaftCommitIndex(len(COMMANDS))
    journal.compact(b"state", applied=3)
    journal.add(b"\x00more", len(COMMANDS) + 1, 3)
    journal._destroy()
    return entries(path)


def entries(path: Path) -> list[Entry]:
    journal = opened(path)
    journal._destroy()
    return journal[:]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Given a journal compacted up to an entry, that one, the one before and all after it are there."""
    path = tmp_path / "journal"

    assert written(path) == [
        (b"\x00create", 2, 3),
        (b"\x00offset", 3, 3),
        (b"\x00delete", 4, 3),
        (b"\x00more", 5, 3),
    ]
    journal = opened(path)
    assert (journal.state, journal.getCurrentTerm(), journal.getVotedForNodeId()) == (
        b"state",
        3,
        "127.0.0.1:1",
    )
    journal._destroy()


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    """Given any single bit of the file flipped, the journal does not open, and the file stays as it is."""
    path = tmp_path / "journal"
    written(path)
    sound = path.read_bytes()
    for position in range(len(sound) * 8):
        flipped = bytearray(sound)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(flipped)
        with pytest.raises(MetadataError, match="damaged at byte"):
            entries(path)
        assert path.read_bytes() == flipped


def test_any_torn_end_is_cut_off(tmp_path: Path) -> None:
    """Given a file cut anywhere, a prefix of what was written is read and can be added to."""
    path = tmp_path / "journal"
    journal = opened(path)
    for index, command in enumerate(COMMANDS, start=1):
        journal.add(command, index, 1)
    journal._destroy()
    whole, sound = entries(path), path.read_bytes()
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        kept = entries(path)
        assert kept == whole[: len(kept)]
        journal = opened(path)
        assert journal.cut_bytes == 0
        journal.add(b"\x00next", len(kept) + 1, 1)
        journal._destroy()
        assert entries(path) == [*kept, (b"\x00next", len(kept) + 1, 1)]


def test_a_compacted_file_that_was_cut_short_is_damaged(tmp_path: Path) -> None:
    """Given a state whose entries are missing, nothing opens: it was whole when it got its name."""
    path = tmp_path / "journal"
    written(path)
    sound = path.read_bytes()
    path.write_bytes(sound[: sound.index(b"\x00create")])

    with pytest.raises(MetadataError, match="damaged at byte"):
        entries(path)


def test_a_replacement_that_a_kill_left_unfinished_is_ignored(tmp_path: Path) -> None:
    """Given half of a new file beside the journal, the journal is read and the next compaction works."""
    path = tmp_path / "journal"
    whole = written(path)
    path.with_suffix(".new").write_bytes(path.read_bytes()[:20])

    assert entries(path) == whole
    journal = opened(path)
    journal.compact(b"later state", applied=5)
    journal._destroy()
    assert entries(path) == whole[-2:]
