"""The Raft store on real files: what is synced and when, what bounds the log, and who may talk to the node."""

from __future__ import annotations

import asyncio
import errno
import os
import pickle
import secrets
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from pysyncobj.utility import TcpUtility, UtilityException

from broker.metadata import MetadataError, TopicRecord, raft_node
from broker.metadata.raft import RaftMetadataStore


def a_topic(name: str) -> TopicRecord:
    return TopicRecord(name, 1, uuid.uuid4(), {})


async def started(directory: Path, apply: str = "spawn") -> RaftMetadataStore:
    store = RaftMetadataStore(directory, apply=apply)  # type: ignore[arg-type]
    await store.start()
    return store


@contextmanager
def counted_syncs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the syncs that are made meanwhile; they are made all the same."""
    syncs: list[str] = []
    with monkeypatch.context() as patch:
        for name in ("fsync", "fdatasync"):
            real = getattr(os, name)
            patch.setattr(os, name, lambda fd, name=name, real=real: (syncs.append(name), real(fd))[1])
        yield syncs


async def in_the_journal(path: Path, longer_than_bytes: int) -> None:
    while path.stat().st_size <= longer_than_bytes:
        await asyncio.sleep(0.01)


def test_proposed_offsets_force_no_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given 500 offsets proposed, all are in the journal without a sync; a topic after them is synced once."""

    async def run() -> None:
        store = await started(tmp_path)
        await store.create_topic(a_topic("orders"))
        path = tmp_path / "raft.journal"
        before = path.stat().st_size
        with counted_syncs(monkeypatch) as syncs:
            for n in range(500):
                store.update_partition_offset("orders", 0, n, 0)
            await in_the_journal(path, before + 500 * 37)
            assert syncs == []
            await store.create_topic(a_topic("refunds"))
            assert syncs == ["fdatasync"]
        await store.close()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_a_topic_is_not_told_of_before_it_is_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a disk that does not answer, a topic is neither there nor told of until the disk does."""
    asked, answer = threading.Event(), threading.Event()
    real = os.fdatasync

    def slow(fd: int) -> None:
        asked.set()
        answer.wait()
        real(fd)

    async def run() -> None:
        store = await started(tmp_path)
        monkeypatch.setattr(os, "fdatasync", slow)
        creation = asyncio.create_task(store.create_topic(a_topic("orders")))
        assert await asyncio.to_thread(asked.wait, 10)
        # The event loop goes on meanwhile: offsets are noted.
        store.update_partition_offset("other", 0, 1, 0)
        await asyncio.sleep(0.05)
        assert not creation.done()
        assert store.topic("orders") is None
        answer.set()
        await creation
        assert store.topic("orders") is not None
        await store.close()

    asyncio.run(asyncio.wait_for(run(), 20))


def test_after_a_failed_sync_nothing_more_is_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given a sync that fails, that topic and all after it are refused, and one sentence says so."""

    def fail(fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    async def run() -> None:
        store = await started(tmp_path)
        await store.create_topic(a_topic("first"))
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", fail)
            with pytest.raises(MetadataError, match="cannot be written: Input/output error"):
                await store.create_topic(a_topic("second"))
        with pytest.raises(MetadataError, match="cannot be written"):
            await store.create_topic(a_topic("third"))
        store.update_partition_offset("first", 0, 1, 0)
        assert list(store.topics()) == ["first"]
        await store.close()
        await store.close()

    asyncio.run(asyncio.wait_for(run(), 20))
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_the_log_stays_small_and_keeps_its_topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given many times more offsets than the log may hold, it stays small, and a restart finds all topics."""
    monkeypatch.setattr(raft_node, "COMPACT_AFTER_ENTRIES", 100)
    path = tmp_path / "raft.journal"
    kept = {f"topic-{n}" for n in range(12)}

    async def fill() -> list[int]:
        store = await started(tmp_path)
        ids = []
        for name in sorted(kept):
            await store.create_topic(a_topic(name))
            for n in range(200):
                store.update_partition_offset(name, 0, n, 0)
            ids.append(await store.next_producer_id())
            # Several ticks, so that the log is compacted while it is used.
            await asyncio.sleep(0.06)
        await store.create_topic(a_topic("gone"))
        await store.delete_topic("gone")
        await store.close()
        return ids

    async def look() -> tuple[set[str], int]:
        store = await started(tmp_path)
        try:
            return set(store.topics()), await store.next_producer_id()
        finally:
            await store.close()

    ids = asyncio.run(asyncio.wait_for(fill(), 30))
    assert path.stat().st_size < 1000 * 37
    for _ in range(2):
        topics, next_id = asyncio.run(asyncio.wait_for(look(), 20))
        assert topics == kept
        assert next_id not in ids
        ids.append(next_id)


def test_closing_leaves_no_task_behind(tmp_path: Path) -> None:
    """Given a store closed with thousands of spawned tasks waiting, none of them is left, and topics are."""

    async def run() -> None:
        before = asyncio.all_tasks()
        store = await started(tmp_path)
        await store.create_topic(a_topic("orders"))
        for n in range(5000):
            store.update_partition_offset("orders", 0, n, 0)
        await store.close()
        assert asyncio.all_tasks() == before
        with pytest.raises(MetadataError, match="closed"):
            await store.create_topic(a_topic("late"))
        again = await started(tmp_path)
        assert set(again.topics()) == {"orders"}
        await again.close()

    asyncio.run(asyncio.wait_for(run(), 30))


class _Touch:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.mknod, (str(self.path),)


def test_only_who_knows_the_password_can_talk_to_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the node's port, neither no password nor a wrong one gets anything unpickled; the right one does."""
    monkeypatch.setattr(raft_node, "IDLE_TICK_S", 0.01)
    passwords: list[str] = []
    make = secrets.token_urlsafe
    monkeypatch.setattr(secrets, "token_urlsafe", lambda n: passwords.append(make(n)) or passwords[-1])

    async def run() -> None:
        before = listening()
        store = await started(tmp_path / "metadata")
        (address,) = listening() - before
        assert address[0] == "127.0.0.1"

        def strike(password: str | None, path: Path) -> None:
            if password is None:
                with socket.create_connection(address) as stranger:
                    body = pickle.dumps(_Touch(path))
                    stranger.sendall(len(body).to_bytes(4, "little") + body)
                    stranger.settimeout(5)
                    assert stranger.recv(1) == b""
            else:
                TcpUtility(password, timeout=20).executeCommand(f"127.0.0.1:{address[1]}", [_Touch(path)])

        await asyncio.to_thread(strike, None, tmp_path / "none")
        with pytest.raises(UtilityException):
            await asyncio.to_thread(strike, "wrong", tmp_path / "wrong")
        # The right one shows that these strikes would have worked; the command itself is unknown.
        with pytest.raises(UtilityException):
            await asyncio.to_thread(strike, passwords[0], tmp_path / "right")
        assert {path.name for path in tmp_path.iterdir()} == {"metadata", "right"}
        # The node lives on.
        await store.create_topic(a_topic("orders"))
        await store.close()
        assert listening() == before

    asyncio.run(asyncio.wait_for(run(), 30))


def listening() -> set[tuple[str, int]]:
    return {tuple(c.laddr) for c in psutil.Process().net_connections("tcp") if c.status == "LISTEN"}
