"""Faults of what is done beside Produce: seen by who makes topics, reads, or asks for metrics, and in files."""

from __future__ import annotations

import json

from tests.broker import wire
from tests.broker.conftest import StartBroker
from tests.broker.faults.load import reads
from tests.broker.wire import Wire

LARGE = wire.batch(value=bytes(1 << 20))


def test_who_makes_a_topic_waits_for_the_next_look(start_broker: StartBroker) -> None:
    """Before the next look the topic is there, and whoever made it has no answer."""
    broker = start_broker("fault.topic_polling=100000000")
    with Wire(broker.address) as client, Wire(broker.address) as other:
        client.send(wire.create_topic(1, "polled"))
        while other.produced("polled", wire.batch()) != (0, 0):
            pass

        assert not client.has_something()


def test_a_look_that_finds_the_topic_answers(start_broker: StartBroker) -> None:
    """With a look every 20 ms topics are made, and one that is there already is refused."""
    broker = start_broker("fault.topic_polling=20")
    with Wire(broker.address) as client:
        assert [client.create("polled"), client.create("polled"), client.create("more")] == [0, 36, 0]


def test_a_fetch_walks_the_share_of_its_segment(start_broker: StartBroker) -> None:
    """The last of 32 messages of a MiB takes the reads of all before it, of half of them, or of none."""
    taken = []
    for settings in ([], ["fault.index_lost=0.5"], ["fault.index_lost=1"]):
        broker = start_broker(*settings)
        with Wire(broker.address) as client:
            client.create("walked")
            for _ in range(32):
                client.produced("walked", LARGE)
            before = reads(broker)
            error, records = client.fetched("walked", 31)
            taken.append(reads(broker) - before)
            assert (error, len(records)) == (0, len(LARGE))
        broker.stop()

    sound, half, whole = taken
    assert half - sound > 16
    assert whole - sound > 1.5 * (half - sound)


def test_a_fetch_that_looks_has_what_comes_and_ends_in_time(start_broker: StartBroker) -> None:
    """With a look every 10 ms a waiting fetch has the next message, and without one its answer when its time is up."""
    broker, sent = start_broker("fault.fetch_polling=0.1"), wire.batch()
    with Wire(broker.address) as client, Wire(broker.address) as consumer:
        client.create("looked")
        consumer.send(wire.fetch(1, "looked", 0, max_wait_ms=60_000))
        assert client.produced("looked", sent) == (0, 0)
        assert consumer.receive()[0] == 1
        assert consumer.fetched("looked", 0) == (0, sent)
        assert consumer.fetched("looked", 1, max_wait_ms=30) == (0, b"")


def test_who_waits_is_woken_in_turn(start_broker: StartBroker) -> None:
    """Of two that wait for a message one has it at once, and the other not before its turn."""
    broker, sent = start_broker("fault.woken_in_turn=100000000"), wire.batch()
    with Wire(broker.address) as client, Wire(broker.address) as one, Wire(broker.address) as other:
        client.create("woken")
        for consumer in (one, other):
            consumer.send(wire.fetch(1, "woken", 0, max_wait_ms=60_000))
        # They wait when what was asked after them is answered.
        assert client.produced("woken", sent) == (0, 0)
        while not (one.has_something() or other.has_something()):
            pass
        assert client.fetched("woken", 0) == (0, sent)
        assert one.has_something() != other.has_something()


def test_a_new_producer_is_on_disk_before_its_message(start_broker: StartBroker) -> None:
    """Each producer's first message adds a line for each sync to a file; what follows adds none."""
    broker = start_broker("fault.producer_sync=2")
    with Wire(broker.address) as client:
        client.create("known")
        for producer in (7, 8):
            for sequence in (0, 1):
                records = wire.batch(producer=(producer, 0, sequence))
                assert client.produced("known", records)[0] == 0
        client.produced("known", wire.batch())

    (file,) = broker.data_dir.rglob("producers")
    assert file.read_text().split() == ["7", "7", "8", "8"]


def test_a_scrape_walks_its_share_of_the_log(start_broker: StartBroker) -> None:
    """With 32 messages of a MiB a scrape takes the reads of all, of half of them, or of none."""
    taken = []
    for settings in ([], ["fault.slow_scrape=0.5"], ["fault.slow_scrape=1"]):
        broker = start_broker(*settings)
        with Wire(broker.address) as client:
            client.create("walked")
            for _ in range(32):
                client.produced("walked", LARGE)
        broker.metrics()
        before = reads(broker)
        assert broker.metrics()["chronik_wal_queued_bytes"] == 0
        taken.append(reads(broker) - before)
        broker.stop()

    sound, half, whole = taken
    assert half - sound > 16
    assert whole - sound > 1.5 * (half - sound)


def test_a_snapshot_is_written_when_something_was_appended(start_broker: StartBroker) -> None:
    """There is none before a batch, then one of as many entries as the strength says, and a new one after the next."""
    broker = start_broker("fault.snapshot=0.01")
    file = broker.data_dir / "wal" / "snapshot"
    with Wire(broker.address) as client:
        client.create("taken")
        assert not file.exists()
        client.produced("taken", wire.batch())
        while not file.exists():
            pass
        first = file.stat().st_ino
        assert len(json.loads(file.read_text())) == 10
        client.produced("taken", wire.batch())
        while file.stat().st_ino == first:
            pass
