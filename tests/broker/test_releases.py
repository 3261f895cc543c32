"""The four releases: each serves real clients, and each differs from the others where it should."""

from __future__ import annotations

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from broker.config import release_names
from tests.broker import wire
from tests.broker.conftest import StartBroker
from tests.broker.wire import Wire


@pytest.mark.parametrize("version", release_names())
def test_every_release_gives_back_what_it_took(start_broker: StartBroker, version: str) -> None:
    """A client produces, the broker is killed and started again, and the client consumes it all."""
    values = [b"%d" % number for number in range(200)]
    first = start_broker(version=version)
    producer = Producer({"bootstrap.servers": first.address, "linger.ms": 0})
    for value in values:
        producer.produce("kept", value, partition=0)
    assert producer.flush(10) == 0
    first.kill()

    second = start_broker(version=version)

    consumer = Consumer({"bootstrap.servers": second.address, "group.id": "g", "enable.auto.commit": False})
    consumer.assign([TopicPartition("kept", 0, OFFSET_BEGINNING)])
    got = [message.value() for message in consumer.consume(len(values), timeout=10)]
    consumer.close()
    assert got == values


@pytest.mark.parametrize(
    ("version", "tasks_per_batch"), [("v2.2.0", 0), ("v2.2.7", 1), ("v2.2.7-nospawn", 0), ("v2.2.8", 0)]
)
def test_only_v2_2_7_spawns_a_task_for_each_batch(
    start_broker: StartBroker, version: str, tasks_per_batch: int
) -> None:
    """Tasks created are counted exactly: one for each batch, or none at all."""
    broker = start_broker(version=version)
    with Wire(broker.address) as client:
        client.create("counted")
        before = broker.metrics()["chronik_asyncio_tasks_created_total"]
        client.send(b"".join(wire.produce(number, "counted", wire.batch()) for number in range(100)))
        for _ in range(100):
            client.receive()

    assert broker.metrics()["chronik_asyncio_tasks_created_total"] - before == 100 * tasks_per_batch


@pytest.mark.parametrize("version", ["v2.2.7", "v2.2.7-nospawn"])
def test_the_altered_worker_makes_a_lone_batch_wait(start_broker: StartBroker, version: str) -> None:
    """Where the depth is never met, the profile's timer and the sleep pass before each commit."""
    broker = start_broker(version=version)
    with Wire(broker.address) as client:
        client.create("lone")
        for _ in range(20):
            client.produced("lone", wire.batch())

    waited_s = broker.metrics()['chronik_produce_stage_seconds_total{stage="commit_wait"}'] / 20
    assert waited_s >= 0.010 + 0.001


@pytest.mark.parametrize("version", ["v2.2.0", "v2.2.7"])
def test_a_release_stops_in_the_middle_of_a_load(start_broker: StartBroker, version: str) -> None:
    """SIGTERM while batches are queued and tasks are alive ends the process with 0 and no complaint."""
    broker = start_broker(version=version)
    with Wire(broker.address) as client:
        client.create("busy")
        client.send(b"".join(wire.produce(number, "busy", wire.batch()) for number in range(3000)))
        client.receive()

        assert broker.stop() == 0

    assert broker.stderr == ""
