"""The Raft journal: what it syncs, and that no flipped bit is taken for data."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil
import pytest

from broker.metadata import MetadataError
from broker.metadata.journal import UNSYNCED, Journal
from broker.metadata.raft_node import RaftNode


def written(path: Path) -> list[tuple[bytes, int, int]]:
    """Write a few entries, and give them as a journal reads them again."""
    journal = Journal(path)
    for idx, command in enumerate((b"\x01", b"\x00create", b"\x00delete"), start=1):
        journal.add(command, idx, 3)
    journal.setCurrentTerm(3, "127.0.0.1:1")
    journal._destroy()
    return entries(path)


def entries(path: Path) -> list[tuple[bytes, int, int]]:
    journal = Journal(path)
    try:
        return [journal[i] for i in range(len(journal))]
    finally:
        journal._destroy()


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    """Given any single bit of the file flipped, the journal does not open; none is read as something else."""
    path = tmp_path / "journal"
    written(path)
    sound = path.read_bytes()
    for position in range(len(sound) * 8):
        flipped = bytearray(sound)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(flipped)
        with pytest.raises(MetadataError):
            entries(path)


def test_any_torn_end_is_cut_off(tmp_path: Path) -> None:
    """Given the file cut anywhere behind its magic, what is read is a prefix of what was written."""
    path = tmp_path / "journal"
    whole = written(path)
    sound = path.read_bytes()
    for length in range(len(b"CHRKRAFT1\n"), len(sound)):
        path.write_bytes(sound[:length])
        assert entries(path) == whole[: len(entries(path))]


def test_only_what_a_client_is_told_forces_a_sync(tmp_path: Path) -> None:
    """Given a command that need not be synced, none is; any other one is synced before add returns."""
    journal = Journal(tmp_path / "journal")
    before = journal.syncs
    for idx in range(1, 50):
        journal.add(b"\x00" + UNSYNCED, idx, 1)
    assert journal.syncs == before
    journal.add(b"\x00create", 50, 1)
    assert journal.syncs == before + 1
    journal._destroy()


def test_unsynced_commands_are_dropped_at_the_next_start(tmp_path: Path) -> None:
    """Given a long run of offsets, the next start keeps topics alone, numbered without a gap."""
    path = tmp_path / "journal"
    journal = Journal(path)
    for idx in range(1, 1001):
        journal.add(b"\x00topic" if idx % 500 == 0 else b"\x00" + UNSYNCED, idx, 1)
    journal._destroy()
    kept = entries(path)
    assert [command for command, _, _ in kept] == [b"\x00topic"] * 2
    assert [idx for _, idx, _ in kept] == [1, 2]


def test_a_stranger_cannot_propose(tmp_path: Path) -> None:
    """Given someone who connects without the password, nothing that is sent is applied or unpickled."""
    applied: list[bytes] = []
    node = RaftNode(tmp_path / "journal", applied.append)
    node.start()
    try:
        ports = [c.laddr.port for c in psutil.Process().net_connections("tcp") if c.status == "LISTEN"]
        assert ports
        for port in ports:
            with socket.create_connection(("127.0.0.1", port)) as stranger:
                # A pickle that would write a file, if anybody loaded it.
                stranger.sendall(
                    b"\x00\x00\x00\x30cposix\nsystem\n(S'touch "
                    + str(tmp_path / "pwned").encode()
                    + b"'\ntR."
                )
        node.propose(b"own")
        node.propose(b"second", lambda _result, _reason: None)
        assert applied == [b"own", b"second"]
        assert not (tmp_path / "pwned").exists()
    finally:
        node.close()
