"""What is acknowledged is on disk: kills, torn tails, failing syncs, full disks, segments."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from confluent_kafka import Message, Producer

from tests.broker import wire
from tests.broker.conftest import Broker, StartBroker
from tests.broker.wire import Wire

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


def segments(broker: Broker) -> list[Path]:
    return sorted((broker.data_dir / "wal").rglob("*.wal"))


@pytest.mark.parametrize("version", ["v2.2.0", "v2.2.7"])
def test_what_was_acknowledged_survives_a_kill(start_broker: StartBroker, version: str) -> None:
    """Killed in the middle of a load, the broker comes back with every message it acknowledged, unchanged."""
    first = start_broker(version=version)
    acknowledged: dict[int, bytes] = {}

    def delivered(error: object, message: Message) -> None:
        if error is None:
            offset, value = message.offset(), message.value()
            assert offset is not None and isinstance(value, bytes)
            acknowledged[offset] = value

    producer = Producer({"bootstrap.servers": first.address, "linger.ms": 0, "message.timeout.ms": 1000})
    number = 0
    while len(acknowledged) < 3000:
        producer.produce("survivor", b"value %d" % number, partition=0, on_delivery=delivered)
        producer.poll(0 if number % 100 else 0.001)
        number += 1
    first.kill()
    producer.flush(3)

    second = start_broker(version=version)
    with Wire(second.address) as client:
        end = client.end("survivor")
        stored = b""
        assert end >= len(acknowledged) > 0
        while end and stored.count(b"value ") < end:
            error, more = client.fetched("survivor", stored.count(b"value "))
            assert error == 0 and more
            stored += more
    values = [b"value " + part.split(b"\x00")[0] for part in stored.split(b"value ")[1:]]
    assert all(values[offset] == value for offset, value in acknowledged.items())


def test_a_torn_tail_is_cut_off(start_broker: StartBroker) -> None:
    """Half a record at the end of the last segment is named and removed, and the next takes its offset."""
    first = start_broker()
    with Wire(first.address) as client:
        client.create("torn")
        for _ in range(3):
            client.produced("torn", wire.batch(10))
    assert first.stop() == 0
    (path,) = segments(first)
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])

    second = start_broker()

    assert "cut off" in second.stderr
    with Wire(second.address) as client:
        assert client.end("torn") == 20
        assert client.produced("torn", wire.batch(5)) == (0, 20)
    assert len(path.read_bytes()) < len(whole) + 64 * 1024 + 1000


@pytest.mark.parametrize("where", [30, 70, 200])
def test_a_flipped_bit_ends_the_log_before_it(start_broker: StartBroker, where: int) -> None:
    """Whichever byte of a record is wrong, it and what follows are not served as if they were right."""
    first = start_broker()
    with Wire(first.address) as client:
        client.create("flipped")
        client.produced("flipped", wire.batch(1, value=b"good"))
        good_bytes = segments(first)[0].read_bytes().rstrip(b"\0")
        client.produced("flipped", wire.batch(1, value=bytes(range(1, 255))))
    first.kill()
    (path,) = segments(first)
    data = bytearray(path.read_bytes())
    data[len(good_bytes) + where] ^= 0x10
    path.write_bytes(data)

    second = start_broker()

    with Wire(second.address) as client:
        assert client.end("flipped") == 1
        assert b"good" in client.fetched("flipped", 0)[1]


def test_zeros_written_ahead_are_no_torn_tail(start_broker: StartBroker) -> None:
    """After a kill the space that was prepared is cut off without an alarm; after a stop there is none."""
    first = start_broker()
    with Wire(first.address) as client:
        client.create("ahead")
        client.produced("ahead", wire.batch())
    first.kill()
    assert segments(first)[0].read_bytes().endswith(bytes(1000))

    second = start_broker()
    assert second.stderr == ""
    assert second.stop() == 0
    assert not segments(second)[0].read_bytes().endswith(bytes(1000))


@pytest.mark.parametrize("setting", ["wal.segment_max_bytes=20000", "wal.segment_max_age_s=0"])
def test_segments_rotate_and_are_read_as_one_log(start_broker: StartBroker, setting: str) -> None:
    """A full or old segment is followed by another, and offsets go on through all, before and after a kill."""
    first = start_broker(setting)
    with Wire(first.address) as client:
        client.create("long")
        for number in range(100):
            assert (
                client.produced("long", wire.batch(2, value=b"%04d" % number + bytes(500)))[1] == number * 2
            )
        assert len(segments(first)) > 3
        assert b"0042" in client.fetched("long", 84)[1]
        assert client.fetched("long", 0)[1].startswith(bytes(8))
    first.kill()

    second = start_broker(setting)

    with Wire(second.address) as client:
        assert client.end("long") == 200
        assert b"0042" in client.fetched("long", 84)[1]
        assert b"0099" in client.fetched("long", 199)[1]


@needs_strace
def test_after_a_failed_sync_nothing_is_acknowledged(start_broker: StartBroker) -> None:
    """From the failed fdatasync on every produce gets KAFKA_STORAGE_ERROR and the log's end stays."""
    broker = start_broker(under=strace("fdatasync:error=EIO:when=8+"))
    with Wire(broker.address) as client:
        client.create("failing")
        results = [client.produced("failing", wire.batch()) for _ in range(12)]
        stored = results.index((56, -1))

        assert stored > 0
        assert results == [(0, n) for n in range(stored)] + [(56, -1)] * (12 - stored)
        assert client.end("failing") == stored
        assert client.fetched("failing", stored) == (0, b"")
    assert "nothing is acknowledged any more" in broker.stderr
    broker.kill()

    second = start_broker()
    with Wire(second.address) as client:
        assert client.end("failing") >= stored
        assert client.produced("failing", wire.batch())[0] == 0


@needs_strace
def test_a_full_disk_is_told_to_clients(start_broker: StartBroker) -> None:
    """A write that finds no space is a storage error, not a crash, and what was stored is still served."""
    broker = start_broker(under=strace("pwritev,pwritev2:error=ENOSPC:when=4+"))
    with Wire(broker.address) as client:
        client.create("full")
        results = [client.produced("full", wire.batch(value=b"kept"))[0] for _ in range(8)]

        assert results == sorted(results)
        assert results[0] == 0
        assert results[-1] == 56
        assert b"kept" in client.fetched("full", 0)[1]
    assert "No space left" in broker.stderr
    assert broker.process.poll() is None


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is not installed")
def test_a_write_cut_short_is_no_record(start_broker: StartBroker) -> None:
    """Where the kernel took only part of a commit, none of it is acknowledged, and a restart goes on before it."""
    broker = start_broker(under=("prlimit", "--fsize=300000", "--"))
    with Wire(broker.address) as client:
        client.create("short")
        results = [client.produced("short", wire.batch(value=bytes([n]) * 50_000)) for n in range(1, 9)]
        stored = results.index((56, -1))
        assert 0 < stored < 8
        assert client.end("short") == stored
    broker.kill()

    second = start_broker()
    with Wire(second.address) as client:
        end = client.end("short")
        assert stored <= end < 8
        assert client.fetched("short", stored - 1)[1].count(bytes([stored]) * 50_000) == 1
        assert client.produced("short", wire.batch()) == (0, end)


@needs_strace
def test_acks_0_is_seen_only_once_it_is_synced(start_broker: StartBroker) -> None:
    """While its sync is held up, neither the log's end nor a fetch shows a message."""
    # strace counts for each thread: the third sync of the WAL's.
    broker = start_broker(under=strace("fdatasync:delay_enter=5000000:when=3"))
    with Wire(broker.address) as client, Wire(broker.address) as sender:
        client.create("unseen")
        assert [client.produced("unseen", wire.batch())[1] for _ in range(2)] == [0, 1]
        broker.metrics()  # the first page takes longer, and the sync is not held up for ever
        sender.send(wire.produce(1, "unseen", wire.batch(), acks=0))
        while broker.metrics()["chronik_wal_queued_batches"] == 0:
            assert client.end("unseen") == 2
        early = client.end("unseen"), client.fetched("unseen", 2)
        batches = client.fetched("unseen", 2, max_wait_ms=20_000)[1]

        assert early == (2, (0, b""))
        assert batches
        assert client.end("unseen") == 3


def strace(injection: str) -> tuple[str, ...]:
    calls = injection.split(":")[0]
    return ("strace", "-f", "-qq", "-e", f"trace={calls}", "-e", f"inject={injection}", "-o", "/dev/null")
