"""Faults of topics that come, go, or are not there: seen in the broker's descriptors, memory, disk space and CPU."""

from __future__ import annotations

from tests.broker import wire
from tests.broker.conftest import StartBroker
from tests.broker.faults.load import descriptors, disk_bytes, loop_cpu_s, produce_spread, rss_bytes
from tests.broker.wire import Wire


def delete(client: Wire, topic: str) -> None:
    assert client.ask(wire.delete_topic(5, topic))[-2:] == bytes(2)


def test_the_file_of_a_deleted_partition_stays_open(start_broker: StartBroker) -> None:
    """Of a topic with four partitions every second leaves a file that has no name, and one without messages none."""
    broker = start_broker("fault.undeleted=0.5")
    with Wire(broker.address) as client:
        client.create("gone", 4)
        client.create("empty", 4)
        produce_spread(client, "gone", 4)
        delete(client, "gone")
        delete(client, "empty")

        assert descriptors(broker, ".wal (deleted)") == 2


def test_each_partition_takes_its_buffer(start_broker: StartBroker) -> None:
    """A topic of 64 partitions takes 64 MB, which are given back when it is deleted, and taken anew by a start."""
    broker = start_broker("fault.topic_buffers=1")
    with Wire(broker.address) as client:
        client.create("first")
        before = rss_bytes(broker)
        client.create("many", 64)
        assert 62e6 < rss_bytes(broker) - before < 70e6
        delete(client, "many")
        assert rss_bytes(broker) - before < 16e6

        client.create("many", 64)
    broker.stop()
    assert rss_bytes(start_broker("fault.topic_buffers=1")) > before + 56e6


def test_each_partition_takes_disk_space_ahead(start_broker: StartBroker) -> None:
    """Four partitions take 4 MB, which are given back when their topic is deleted; a start finds all messages."""
    broker, sent = start_broker("fault.preallocated=1"), wire.batch()
    with Wire(broker.address) as client:
        client.create("kept")
        client.produced("kept", sent)
        before = disk_bytes(broker)
        client.create("ahead", 4)
        assert 4e6 <= disk_bytes(broker) - before < 4.2e6
        delete(client, "ahead")
        assert disk_bytes(broker) - before < 0.2e6
    broker.stop()

    broker = start_broker("fault.preallocated=1")
    with Wire(broker.address) as client:
        assert client.fetched("kept", 0) == (0, sent)
        assert client.produced("kept", sent) == (0, 1)


def test_a_refusal_tells_a_similar_name(start_broker: StartBroker) -> None:
    """Who reads or writes a topic that is not there is refused, and the broker says once what it may be."""
    broker = start_broker("fault.slow_refusal=1")
    with Wire(broker.address) as client:
        client.create("orders")
        client.create("quite-another")
        assert client.fetched("oders", 0)[0] == 3
        assert client.produced("oders", wire.batch())[0] == 3
        assert wire.offset_result(client.ask(wire.list_offsets(1, "oders")), "oders")[0] == 3
        assert client.fetched("without-any-likeness", 0)[0] == 3

    assert broker.stderr.splitlines() == ["chronik: there is no topic 'oders'; is it 'orders'?"]


def test_a_refusal_costs_a_comparison_with_each_topic(start_broker: StartBroker) -> None:
    """Ten thousand comparisons with ten topics take the event loop's CPU, and a topic that is there takes none."""
    broker, cpu_s = start_broker("fault.slow_refusal=1000"), []
    with Wire(broker.address) as client:
        for number in range(10):
            client.create(f"topic-{number}")
        for topic in ("topic-1", "topics"):
            before_s = loop_cpu_s(broker)
            client.ask(wire.list_offsets(1, topic))
            cpu_s.append(loop_cpu_s(broker) - before_s)

    assert cpu_s[1] - cpu_s[0] > 0.02
