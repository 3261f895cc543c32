"""A client that writes bytes itself, for what no library would send."""

from __future__ import annotations

import os
import select
import socket
import struct
import time

from google_crc32c import value as crc32c

PRODUCE, FETCH, LIST_OFFSETS, METADATA, API_VERSIONS, CREATE_TOPICS, DELETE_TOPICS = 0, 1, 2, 3, 18, 19, 20


def text(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack(">h", len(encoded)) + encoded


def batch(
    count: int = 1,
    *,
    value: bytes | None = None,
    magic: int = 2,
    producer: tuple[int, int, int] = (-1, -1, -1),
) -> bytes:
    """A record batch of ``count`` equal messages; ``producer`` is id, epoch, sequence."""
    payload = os.urandom(20) if value is None else value
    records = b""
    for delta in range(count):
        record = b"\x00\x00" + varint(delta) + b"\x01" + varint(len(payload)) + payload + b"\x00"
        records += varint(len(record)) + record
    now_ms = int(time.time() * 1e3)
    covered = struct.pack(">hiqqqhii", 0, count - 1, now_ms, now_ms, *producer, count) + records
    rest = struct.pack(">iBI", -1, magic, crc32c(covered)) + covered
    return struct.pack(">qi", 0, len(rest)) + rest


def sealed(records: bytes) -> bytes:
    """A batch whose bytes were changed, with the checksum of what it is now."""
    return records[:17] + struct.pack(">I", crc32c(records[21:])) + records[21:]


def varint(value: int) -> bytes:
    """A zigzag varint of a number that is not negative."""
    value <<= 1
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def frame(api: int, version: int, correlation_id: int, body: bytes) -> bytes:
    request = struct.pack(">hhi", api, version, correlation_id) + text("test") + body
    return struct.pack(">i", len(request)) + request


def produce(
    correlation_id: int, topic: str, records: bytes, *, acks: int = 1, partition: int = 0, version: int = 7
) -> bytes:
    body = struct.pack(">hhii", -1, acks, 30_000, 1) + text(topic)
    body += struct.pack(">iii", 1, partition, len(records)) + records
    return frame(PRODUCE, version, correlation_id, body)


def create_topic(
    correlation_id: int, topic: str, partitions: int = 1, *, validate_only: bool = False
) -> bytes:
    body = struct.pack(">i", 1) + text(topic) + struct.pack(">ihii", partitions, 1, 0, 0)
    return frame(CREATE_TOPICS, 3, correlation_id, body + struct.pack(">i?", 10_000, validate_only))


def delete_topic(correlation_id: int, topic: str) -> bytes:
    return frame(DELETE_TOPICS, 1, correlation_id, struct.pack(">i", 1) + text(topic) + struct.pack(">i", 9))


def list_offsets(correlation_id: int, topic: str, timestamp_ms: int = -1, partition: int = 0) -> bytes:
    body = struct.pack(">ii", -1, 1) + text(topic) + struct.pack(">iiq", 1, partition, timestamp_ms)
    return frame(LIST_OFFSETS, 1, correlation_id, body)


def fetch(correlation_id: int, topic: str, offset: int, *, max_wait_ms: int = 0, min_bytes: int = 1) -> bytes:
    body = struct.pack(">iiiibi", -1, max_wait_ms, min_bytes, 1 << 20, 0, 1) + text(topic)
    return frame(FETCH, 4, correlation_id, body + struct.pack(">iiqi", 1, 0, offset, 1 << 20))


class Wire:
    """A connection. ``ask`` sends one request and gives its reply's body."""

    def __init__(self, address: str) -> None:
        host, port = address.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=10)
        self._next = 0

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def finish_sending(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def receive(self) -> tuple[int, bytes]:
        """The next reply: correlation id and body. Raises EOFError where the broker hung up."""
        size = int.from_bytes(self._exactly(4), "big")
        reply = self._exactly(size)
        return int.from_bytes(reply[:4], "big"), reply[4:]

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                more = self._socket.recv(size - len(data))
            except ConnectionResetError:
                more = b""
            if not more:
                raise EOFError("the broker hung up")
            data += more
        return data

    def is_closed(self) -> bool:
        """Wait until the broker hangs up; False where it still talks."""
        try:
            return self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def has_something(self) -> bool:
        """Whether a reply, or its beginning, has come."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def ask(self, request: bytes) -> bytes:
        self.send(request)
        return self.receive()[1]

    # -- the common questions

    def create(self, topic: str, partitions: int = 1) -> int:
        """The error code."""
        body = self.ask(create_topic(1, topic, partitions))
        return int(struct.unpack_from(">h", body, 4 + 4 + 2 + len(topic))[0])

    def produced(self, topic: str, records: bytes, **options: int) -> tuple[int, int]:
        """Error code and base offset."""
        return produce_result(self.ask(produce(2, topic, records, **options)), topic)

    def end(self, topic: str, partition: int = 0) -> int:
        """The log end offset."""
        return offset_result(self.ask(list_offsets(3, topic, partition=partition)), topic)[1]

    def fetched(self, topic: str, offset: int, **options: int) -> tuple[int, bytes]:
        """Error code and record batches."""
        body = self.ask(fetch(4, topic, offset, **options))
        at = 4 + 4 + 2 + len(topic) + 4 + 4
        error, _, _, _, size = struct.unpack_from(">hqqii", body, at)
        at += struct.calcsize(">hqqii")
        return error, body[at : at + size]


def produce_result(body: bytes, topic: str) -> tuple[int, int]:
    error, offset = struct.unpack_from(">hq", body, 4 + 2 + len(topic) + 4 + 4)
    return error, offset


def offset_result(body: bytes, topic: str) -> tuple[int, int]:
    """Error code and offset."""
    error, _, offset = struct.unpack_from(">hqq", body, 4 + 2 + len(topic) + 4 + 4)
    return error, offset
