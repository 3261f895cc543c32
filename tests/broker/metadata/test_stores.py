"""What both metadata stores promise, shown on real files."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from broker.metadata import MetadataError, MetadataStore, TopicExists, TopicRecord, UnknownTopic
from broker.metadata.metalog import MetalogMetadataStore
from broker.metadata.raft import RaftMetadataStore

Opener = Callable[[Path], MetadataStore]

STORES: dict[str, Opener] = {
    "metalog": MetalogMetadataStore,
    "raft": lambda directory: RaftMetadataStore(directory, apply="in-place"),
    "raft-spawn": lambda directory: RaftMetadataStore(directory, apply="spawn"),
}
FILES = {"metalog": "events.log", "raft": "raft.journal", "raft-spawn": "raft.journal"}

pytestmark = pytest.mark.parametrize("kind", STORES)


def a_topic(name: str = "orders", partitions: int = 2) -> TopicRecord:
    return TopicRecord(name, partitions, uuid.uuid4(), {"retention.ms": "1000"})


def using(kind: str, directory: Path, work: Callable[[MetadataStore], Awaitable[object]]) -> object:
    """Open a store, do some work with it and close it again."""

    async def run() -> object:
        store = STORES[kind](directory)
        await store.start()
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def test_topics_survive_a_restart(kind: str, tmp_path: Path) -> None:
    """Given two topics made and one deleted, after a restart the other is there as it was, and the cluster's name."""
    kept, gone = a_topic("kept"), a_topic("gone")

    async def make(store: MetadataStore) -> str:
        await store.create_topic(kept)
        await store.create_topic(gone)
        await store.delete_topic("gone")
        return store.cluster_id

    async def look(store: MetadataStore) -> tuple[dict[str, TopicRecord], str]:
        return dict(store.topics()), store.cluster_id

    cluster_id = using(kind, tmp_path, make)
    assert using(kind, tmp_path, look) == ({"kept": kept}, cluster_id)


def test_a_topic_is_made_and_deleted_once(kind: str, tmp_path: Path) -> None:
    """Given a topic, making it again is refused, and so is deleting one that is not there."""

    async def work(store: MetadataStore) -> None:
        await store.create_topic(a_topic())
        with pytest.raises(TopicExists):
            await store.create_topic(a_topic())
        with pytest.raises(UnknownTopic):
            await store.delete_topic("other")

    using(kind, tmp_path, work)


def test_producer_ids_are_never_given_twice(kind: str, tmp_path: Path) -> None:
    """Given ids handed out before and after restarts, no two are the same."""

    async def take(store: MetadataStore) -> list[int]:
        return [await store.next_producer_id() for _ in range(5)]

    ids = [n for _ in range(3) for n in using(kind, tmp_path, take)]  # type: ignore[attr-defined]
    assert len(set(ids)) == 15


def test_offsets_are_applied_in_place(kind: str, tmp_path: Path) -> None:
    """Given an offset noted, it can be read at once; a deleted topic has none."""

    async def work(store: MetadataStore) -> None:
        await store.create_topic(a_topic())
        store.update_partition_offset("orders", 1, 42, 7)
        noted = store.partition_offset("orders", 1)
        assert noted is not None
        assert (noted.high_watermark, noted.log_start_offset) == (42, 7)
        await store.delete_topic("orders")
        assert store.partition_offset("orders", 1) is None

    using(kind, tmp_path, work)


def test_tasks_created_per_offset(kind: str, tmp_path: Path) -> None:
    """Given 100 offsets noted, the spawning variant creates 100 tasks, which all end, and the others none."""

    async def work(store: MetadataStore) -> int:
        await store.create_topic(a_topic())
        created: list[asyncio.Task[object]] = []

        def factory(loop: asyncio.AbstractEventLoop, coro: object, **options: object) -> asyncio.Task[object]:
            created.append(asyncio.Task(coro, loop=loop, **options))  # type: ignore[arg-type]
            return created[-1]

        asyncio.get_running_loop().set_task_factory(factory)  # type: ignore[arg-type]
        for n in range(100):
            store.update_partition_offset("orders", 0, n, 0)
        # Long enough for what goes on in the background: ticks, and writes to disk.
        await asyncio.sleep(0.15)
        _, endless = await asyncio.wait(created, timeout=30) if created else ((), ())
        assert not endless
        return len(created)

    assert using(kind, tmp_path, work) == (100 if kind == "raft-spawn" else 0)


# Says each topic's name only after it was made, as a broker answers only then.
MAKER = """
import asyncio, sys, uuid
from pathlib import Path
from broker.metadata import TopicRecord
from tests.broker.metadata.test_stores import STORES

async def main():
    store = STORES[sys.argv[1]](Path(sys.argv[2]))
    await store.start()
    for n in range(10_000):
        await store.create_topic(TopicRecord(f"t{n}", 1, uuid.uuid4(), {}))
        store.update_partition_offset(f"t{n}", 0, n, 0)
        print(f"t{n}", flush=True)

asyncio.run(main())
"""


def test_what_was_told_survives_kill_9(kind: str, tmp_path: Path) -> None:
    """Given a process killed while it makes topics, every topic that it told of is there afterwards."""
    maker = subprocess.Popen(
        [sys.executable, "-c", MAKER, kind, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert maker.stdout is not None
    told = [maker.stdout.readline().strip() for _ in range(20)]
    os.kill(maker.pid, signal.SIGKILL)
    told += maker.stdout.read().split()
    maker.wait()

    async def look(store: MetadataStore) -> set[str]:
        return set(store.topics())

    assert set(told) <= using(kind, tmp_path, look)  # type: ignore[operator]


def test_a_torn_end_is_cut_off(kind: str, tmp_path: Path) -> None:
    """Given a file that ends in the middle of a record, what stands before it is there, and more can be added."""
    using(kind, tmp_path, lambda store: store.create_topic(a_topic("first")))
    path = tmp_path / FILES[kind]
    with path.open("ab") as file:
        file.write(path.read_bytes()[-40:][:25] if kind == "metalog" else b"\x00" * 25)
    using(kind, tmp_path, lambda store: store.create_topic(a_topic("second")))

    async def look(store: MetadataStore) -> set[str]:
        return set(store.topics())

    assert using(kind, tmp_path, look) == {"first", "second"}


def test_damage_before_the_end_is_told_and_nothing_is_lost(kind: str, tmp_path: Path) -> None:
    """Given a flipped bit in the first half of the file, the store does not start and says where."""
    using(kind, tmp_path, lambda store: store.create_topic(a_topic("first")))
    using(kind, tmp_path, lambda store: store.create_topic(a_topic("second")))
    path = tmp_path / FILES[kind]
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)
    with pytest.raises(MetadataError, match="damaged at byte"):
        using(kind, tmp_path, lambda store: store.create_topic(a_topic("third")))
    assert path.read_bytes() == data
