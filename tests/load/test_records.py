"""Record batches taken apart as a consumer does it: values by offset, whole ones alone, checksums held."""

from __future__ import annotations

import struct

import pytest
from confluent_kafka import Producer

from chronik_perf.load.asking import AskedLog
from chronik_perf.load.wire import protocol, records
from tests.load.broker_process import RunningBroker


def test_each_value_has_its_offset(broker: RunningBroker, topic: str) -> None:
    """Given batches of many records with keys and headers, written by librdkafka, every value is at its offset."""
    written = [b"", b"x" * 300, *(str(n).encode() for n in range(50))]
    assert records.values(_stored(broker, topic, written, {"linger.ms": 50})) == dict(enumerate(written))


def test_a_compressed_batch_is_told_as_such(broker: RunningBroker, topic: str) -> None:
    """Given a batch that its producer has compressed, no values are made up of it."""
    stored = _stored(broker, topic, [b"x" * 1000] * 20, {"compression.type": "gzip", "linger.ms": 50})
    with pytest.raises(records.Compressed):
        records.values(stored)


def test_a_checksum_that_does_not_hold_takes_the_values_away() -> None:
    """Given two batches of which the second has a wrong bit, the first has its value; a third is cut short."""
    batch = protocol.record_batch(b"value", 1)
    wrong = batch[:-3] + bytes((batch[-3] ^ 1,)) + batch[-2:]
    assert records.values(batch + wrong + batch[:70]) == {0: b"value"}


@pytest.mark.parametrize("data", [bytes(80), protocol.record_batch(b"value", 1)[:8] + b"\xff" * 80])
def test_what_is_no_record_batch_is_an_error(data: bytes) -> None:
    """Given bytes that are no batch, they are refused as such."""
    with pytest.raises(struct.error):
        records.values(data)


def _stored(broker: RunningBroker, topic: str, values: list[bytes], options: dict[str, object]) -> bytes:
    """Give the batches as they lie in a topic to which librdkafka has written values with keys and headers."""
    producer = Producer({"bootstrap.servers": broker.bootstrap, **options})
    for value in values:
        producer.produce(topic, value, key=b"key", headers={"header": b"content"}, partition=0)
    assert producer.flush(20) == 0
    host, _, port = broker.bootstrap.rpartition(":")
    log = AskedLog(topic, 0, (host, int(port)))
    with log.connect() as connection:
        return log.read(connection, 0)
