"""Topics: created, refused, deleted, and still there after a kill."""

from __future__ import annotations

import struct

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from tests.broker import wire
from tests.broker.conftest import Broker, StartBroker
from tests.broker.wire import Wire


def test_a_topic_outlives_a_kill(start_broker: StartBroker) -> None:
    """What a client was told is created, is there after kill -9; what was deleted is not."""
    first = start_broker()
    with Wire(first.address) as client:
        assert [client.create("kept", 3), client.create("dropped")] == [0, 0]
        assert client.ask(wire.delete_topic(1, "dropped"))[-2:] == b"\0\0"
    first.kill()

    second = start_broker()

    topics = AdminClient({"bootstrap.servers": second.address}).list_topics(timeout=10).topics
    assert {name: len(topic.partitions) for name, topic in topics.items()} == {"kept": 3}


def test_the_same_topic_twice_is_refused(broker: Broker) -> None:
    """The second creation gets TOPIC_ALREADY_EXISTS, whether it is meant or only asked about."""
    with Wire(broker.address) as client:
        assert [client.create("one"), client.create("one")] == [0, 36]
        reply = client.ask(wire.create_topic(1, "one", validate_only=True))

    assert struct.unpack_from(">h", reply, 4 + 4 + 2 + len("one"))[0] == 36


@pytest.mark.parametrize(
    ("name", "partitions", "error"),
    [("bad name", 1, 17), ("..", 1, 17), ("x" * 250, 1, 17), ("none", 0, 37), ("many", 100_000, 37)],
)
def test_a_topic_that_cannot_be_is_refused(broker: Broker, name: str, partitions: int, error: int) -> None:
    """Names and numbers of partitions outside Kafka's rules or the limits get their errors."""
    with Wire(broker.address) as client:
        assert client.create(name, partitions) == error


def test_asking_whether_a_topic_could_be_created_does_not_create_it(broker: Broker) -> None:
    """validate_only answers and leaves nothing behind."""
    admin = AdminClient({"bootstrap.servers": broker.address})

    admin.create_topics([NewTopic("perhaps", 1)], validate_only=True)["perhaps"].result(10)

    assert admin.list_topics(timeout=10).topics == {}


def test_a_deleted_topic_begins_anew(broker: Broker) -> None:
    """A topic of the same name starts at offset 0, on the connection that knew the old one too."""
    with Wire(broker.address) as client:
        client.create("phoenix")
        assert [client.produced("phoenix", wire.batch()) for _ in range(2)] == [(0, 0), (0, 1)]
        client.ask(wire.delete_topic(1, "phoenix"))
        assert client.produced("phoenix", wire.batch()) == (3, -1)
        client.create("phoenix")

        assert client.produced("phoenix", wire.batch()) == (0, 0)
        assert client.end("phoenix") == 1

    assert len(list((broker.data_dir / "wal").iterdir())) == 1


def test_topics_are_not_created_by_asking_when_that_is_switched_off(start_broker: StartBroker) -> None:
    """With topics.auto_create=false asking for an unknown topic gets its error and makes nothing."""
    broker = start_broker("topics.auto_create=false")
    with Wire(broker.address) as client:
        # Version 1: one topic by name; the broker and its controller stand before the topics' errors.
        reply = client.ask(wire.frame(wire.METADATA, 1, 1, struct.pack(">i", 1) + wire.text("unasked")))

    assert reply.endswith(struct.pack(">ih", 1, 3) + wire.text("unasked") + bytes(5))
    assert AdminClient({"bootstrap.servers": broker.address}).list_topics(timeout=10).topics == {}
