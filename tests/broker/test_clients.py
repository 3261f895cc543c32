"""Unmodified clients produce to the broker and consume from it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka import TopicPartition as AioTopicPartition
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from kafka import KafkaConsumer, KafkaProducer
from kafka import TopicPartition as KafkaTopicPartition

from tests.broker.conftest import Broker
from tests.broker.wire import Wire

MESSAGES = [b"message %d" % number for number in range(500)]


@pytest.mark.parametrize("acks", ["0", "1", "all"])
def test_librdkafka_gets_back_what_it_sent(broker: Broker, acks: str) -> None:
    """confluent-kafka creates a topic, produces with each acks setting and consumes all of it in order."""
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic("events", 1)])["events"].result(10)
    producer = Producer({"bootstrap.servers": broker.address, "acks": acks, "linger.ms": 0})

    for message in MESSAGES:
        producer.produce("events", message)
    assert producer.flush(10) == 0

    assert consume_with_librdkafka(broker, "events", len(MESSAGES)) == MESSAGES


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
def test_librdkafka_compresses(broker: Broker, compression: str) -> None:
    """Every codec is agreed on with the client, and its batches come back as they were."""
    producer = Producer(
        {"bootstrap.servers": broker.address, "compression.type": compression, "linger.ms": 20}
    )
    value = b"as alike as can be " * 50

    for _ in range(50):
        producer.produce("squeezed", value)
    assert producer.flush(10) == 0

    assert consume_with_librdkafka(broker, "squeezed", 50) == [value] * 50
    assert broker.metrics()["chronik_produce_bytes_total"] < 50 * len(value) / 2


def test_librdkafka_writes_once_when_idempotent(broker: Broker) -> None:
    """An idempotent producer gets its id and every message is there once."""
    producer = Producer({"bootstrap.servers": broker.address, "enable.idempotence": True})

    for message in MESSAGES:
        producer.produce("exactly", message)
    assert producer.flush(10) == 0

    assert consume_with_librdkafka(broker, "exactly", len(MESSAGES)) == MESSAGES


def test_kafka_python_gets_back_what_it_sent(broker: Broker) -> None:
    """kafka-python, idempotent by default, produces to two partitions and consumes both."""
    with Wire(broker.address) as client:
        client.create("python", 2)
    producer = KafkaProducer(bootstrap_servers=broker.address)
    sent = [producer.send("python", message, partition=number % 2) for number, message in enumerate(MESSAGES)]
    producer.flush(10)
    offsets = {(done.get(5).partition, done.get(5).offset) for done in sent}
    producer.close()

    consumer = KafkaConsumer(bootstrap_servers=broker.address, group_id=None, consumer_timeout_ms=3000)
    partitions = [KafkaTopicPartition("python", number) for number in (0, 1)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    got = [next(consumer) for _ in MESSAGES]
    consumer.close()

    assert len(offsets) == len(MESSAGES)
    assert sorted(message.value for message in got) == sorted(MESSAGES)
    assert {(message.partition, message.offset) for message in got} == offsets


def test_aiokafka_gets_back_what_it_sent(broker: Broker) -> None:
    """aiokafka produces with a reply to each send and consumes by assignment."""

    async def round_trip() -> list[bytes]:
        producer = AIOKafkaProducer(bootstrap_servers=broker.address, acks="all")
        await producer.start()
        try:
            sent = [await producer.send("asyncio", message) for message in MESSAGES]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()
        consumer = AIOKafkaConsumer(bootstrap_servers=broker.address)
        consumer.assign([AioTopicPartition("asyncio", 0)])
        await consumer.start()
        try:
            await consumer.seek_to_beginning()
            return [(await asyncio.wait_for(consumer.getone(), 10)).value for _ in MESSAGES]
        finally:
            await consumer.stop()

    assert asyncio.run(round_trip()) == MESSAGES


@pytest.mark.skipif(shutil.which("kcat") is None, reason="kcat is not installed")
def test_kcat_gets_back_what_it_sent(broker: Broker) -> None:
    """kcat produces lines and consumes them up to the end of the partition."""
    lines = b"\n".join(MESSAGES) + b"\n"
    kcat = ["kcat", "-b", broker.address, "-t", "lines", "-p", "0"]

    subprocess.run([*kcat, "-P"], input=lines, check=True, timeout=20)
    got = subprocess.run(
        [*kcat, "-C", "-o", "beginning", "-e", "-q"], capture_output=True, check=True, timeout=20
    )

    assert got.stdout == lines


def consume_with_librdkafka(broker: Broker, topic: str, count: int) -> list[bytes]:
    consumer = Consumer(
        {"bootstrap.servers": broker.address, "group.id": "test", "enable.auto.commit": False}
    )
    try:
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        return [message.value() for message in consumer.consume(count, timeout=10)]
    finally:
        consumer.close()
