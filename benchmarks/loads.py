"""The client loads of these benchmarks, each run in a process of its own: ``python loads.py LOAD ADDRESS TOPIC S``.

Prints one JSON line: messages stored (difference of log end offsets), seconds from the first send to the
last acknowledgement (acks=0: until the log end offset has caught up), and the generator's CPU seconds.

``c128``      librdkafka, 128 in flight, each sent when one before it is acknowledged, linger 0, acks=1
``full1``     librdkafka, full batches (linger 5 ms, 100,000 queued), acks=1
``full0``     the same with acks=0
``raw128``    128 connections, one request in flight on each, one message in each request, acks=1
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from google_crc32c import value as crc32c

MESSAGE_BYTES = 256
IN_FLIGHT = 128
CONNECTIONS = 128
LOADS = ("c128", "full1", "full0", "raw128")


def log_end(address: str, topic: str) -> int:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "benchmark", "enable.auto.commit": False})
    try:
        _, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10, cached=False)
    finally:
        consumer.close()
    return int(high)


def create(address: str, topic: str) -> None:
    """Both brokers create a topic that metadata is asked of."""
    producer = Producer({"bootstrap.servers": address})
    deadline_s = time.monotonic() + 10
    while producer.list_topics(topic, timeout=10).topics[topic].error is not None:
        if time.monotonic() > deadline_s:
            raise SystemExit(f"topic {topic} was not created")
        time.sleep(0.05)


def closed_loop(address: str, topic: str, seconds: float) -> tuple[float, float]:
    producer = Producer({"bootstrap.servers": address, "linger.ms": 0, "acks": 1})
    producer.list_topics(topic, timeout=10)
    payload = os.urandom(MESSAGE_BYTES)
    in_flight = 0
    stop_s = 0.0
    last_s = 0.0

    def send() -> None:
        nonlocal in_flight
        in_flight += 1
        producer.produce(topic, payload, partition=0, on_delivery=delivered)

    def delivered(error: KafkaError | None, _message: object) -> None:
        nonlocal in_flight, last_s
        if error is not None:
            raise SystemExit(f"delivery failed: {error}")
        in_flight -= 1
        last_s = time.perf_counter()
        if last_s < stop_s:
            send()

    begun_s = time.perf_counter()
    stop_s = begun_s + seconds
    for _ in range(IN_FLIGHT):
        send()
    while in_flight:
        producer.poll(0.1)
    return begun_s, last_s


def full_batches(address: str, topic: str, seconds: float, acks: int) -> tuple[float, float]:
    producer = Producer(
        {
            "bootstrap.servers": address,
            "linger.ms": 5,
            "acks": acks,
            "queue.buffering.max.messages": 100_000,
        }
    )
    producer.list_topics(topic, timeout=10)
    payload = os.urandom(MESSAGE_BYTES)
    before = log_end(address, topic)
    sent = 0
    begun_s = time.perf_counter()
    while time.perf_counter() - begun_s < seconds:
        try:
            for _ in range(1000):
                producer.produce(topic, payload, partition=0)
                sent += 1
        except BufferError:
            producer.poll(0.005)
    producer.flush(30)
    if acks == 0:
        while log_end(address, topic) < before + sent:
            time.sleep(0.005)
            if time.perf_counter() - begun_s > seconds + 20:
                break
    return begun_s, time.perf_counter()


def produce_request(topic: str) -> bytes:
    payload = os.urandom(MESSAGE_BYTES)
    # varints: attributes, time delta, offset delta, null key (-1), value length, value, no headers
    value_length = bytes([(MESSAGE_BYTES << 1) & 0x7F | 0x80, (MESSAGE_BYTES << 1) >> 7])
    record = b"\x00\x00\x00\x01" + value_length + payload + b"\x00"
    record = bytes([(len(record) << 1) & 0x7F | 0x80, (len(record) << 1) >> 7]) + record
    now_ms = int(time.time() * 1e3)
    covered = struct.pack(">hiqqqhii", 0, 0, now_ms, now_ms, -1, -1, -1, 1) + record
    batch = struct.pack(">iBI", -1, 2, crc32c(covered)) + covered
    batch = struct.pack(">qi", 0, len(batch)) + batch
    name = topic.encode()
    body = struct.pack(">hhih", 0, 7, 1, 3) + b"raw" + struct.pack(">hhii", -1, 1, 30_000, 1)
    body += struct.pack(">h", len(name)) + name + struct.pack(">iii", 1, 0, len(batch)) + batch
    return struct.pack(">i", len(body)) + body


class _Wire(asyncio.Protocol):
    """One connection with one request in flight; ``finished`` is called at the end of each window."""

    def __init__(self, request: bytes, topic: str, finished: Callable[[], None]) -> None:
        self._request = request
        self._error_at = 4 + 4 + 4 + 2 + len(topic) + 4 + 4
        self._finished = finished
        self._got = b""
        self._transport: Any = None
        self.stop_s = 0.0
        self.last_s = 0.0
        self.acknowledged = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def begin(self, stop_s: float) -> None:
        self.stop_s = stop_s
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if len(self._got) < 4 or len(self._got) < 4 + int.from_bytes(self._got[:4], "big"):
            return
        if self._got[self._error_at : self._error_at + 2] != b"\0\0":
            raise SystemExit(f"produce failed: {self._got!r}")
        self._got = b""
        self.acknowledged += 1
        self.last_s = time.perf_counter()
        if self.last_s < self.stop_s:
            self._transport.write(self._request)
        else:
            self._finished()

    def close(self) -> None:
        self._transport.close()


class RawLoad:
    """128 connections that stay open; each window begins and ends with nothing in flight."""

    def __init__(self) -> None:
        self._wires: list[_Wire] = []
        self._busy = 0
        self._idle = asyncio.Event()

    async def open(self, address: str, topic: str) -> None:
        host, port = address.rsplit(":", 1)
        request = produce_request(topic)
        for _ in range(CONNECTIONS):
            _, wire = await asyncio.get_running_loop().create_connection(
                lambda: _Wire(request, topic, self._one_finished), host, int(port)
            )
            self._wires.append(wire)

    def _one_finished(self) -> None:
        self._busy -= 1
        if self._busy == 0:
            self._idle.set()

    async def window(self, seconds: float) -> tuple[float, float, int]:
        """When the first request was sent and the last acknowledged, and how many were."""
        before = sum(wire.acknowledged for wire in self._wires)
        self._busy = len(self._wires)
        self._idle.clear()
        begun_s = time.perf_counter()
        for wire in self._wires:
            wire.begin(begun_s + seconds)
        await self._idle.wait()
        acknowledged = sum(wire.acknowledged for wire in self._wires) - before
        return begun_s, max(wire.last_s for wire in self._wires), acknowledged

    def close(self) -> None:
        for wire in self._wires:
            wire.close()


async def raw(address: str, topic: str, seconds: float) -> tuple[float, float]:
    load = RawLoad()
    await load.open(address, topic)
    begun_s, ended_s, _ = await load.window(seconds)
    load.close()
    return begun_s, ended_s


def main() -> None:
    load, address, topic, text = sys.argv[1:]
    seconds = float(text)
    create(address, topic)
    before = log_end(address, topic)
    cpu_s = time.process_time()
    if load == "c128":
        begun_s, ended_s = closed_loop(address, topic, seconds)
    elif load == "raw128":
        import uvloop

        begun_s, ended_s = uvloop.run(raw(address, topic, seconds))
    else:
        begun_s, ended_s = full_batches(address, topic, seconds, 1 if load == "full1" else 0)
    cpu_s = time.process_time() - cpu_s
    stored = log_end(address, topic) - before
    print(json.dumps({"stored": stored, "window_s": ended_s - begun_s, "generator_cpu_s": cpu_s}))


if __name__ == "__main__":
    main()
