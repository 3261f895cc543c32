"""Responses as values, in the versions that `protocol` asks for."""

from __future__ import annotations

import struct
from dataclasses import dataclass

THROTTLE_BYTES = 4
PARTITION = struct.Struct(">ih")  # index and error code, with which each of a Produce begins


class Reader:
    """Reads a response from left to right; struct.error where it is shorter than its version says."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        """Unpack big-endian integers, in struct's letters."""
        values = struct.unpack_from(">" + layout, self._data, self._at)
        self._at += struct.calcsize(">" + layout)
        return values

    def one(self, letter: str) -> int:
        """Unpack one big-endian integer."""
        return self.take(letter)[0]

    def left(self) -> int:
        """Give how many bytes have not been read yet."""
        return len(self._data) - self._at

    def text(self) -> str | None:
        """Read a NULLABLE_STRING."""
        length = self.one("h")
        if length < 0:
            return None
        raw = self._data[self._at : self._at + length]
        self._at += length
        return raw.decode()

    def blob(self) -> bytes:
        """Read NULLABLE_BYTES, null as none."""
        length = max(0, self.one("i"))
        (raw,) = struct.unpack_from(f"{length}s", self._data, self._at)
        self._at += length
        return bytes(raw)

    def numbers(self) -> list[int]:
        """Read an ARRAY of INT32."""
        return [self.one("i") for _ in range(self.one("i"))]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where the brokers are, and who leads the partitions of the topic that was asked for.

    `leaders` maps a partition to its leader's node id (-1: none yet); `error` is the topic's error code.
    """

    brokers: dict[int, tuple[str, int]]
    controller: int
    leaders: dict[int, int]
    error: int


def read_api_versions(data: bytes) -> tuple[int, dict[int, tuple[int, int]]]:
    """Read ApiVersions v0: an error code, and (lowest, highest) version by API key."""
    reader = Reader(data)
    error = reader.one("h")
    ranges = {}
    for _ in range(reader.one("i")):
        key, low, high = reader.take("hhh")
        ranges[key] = (low, high)
    return error, ranges


def read_metadata(data: bytes) -> Metadata:
    """Read Metadata v4 of at most one topic."""
    reader = Reader(data)
    reader.one("i")  # throttle
    brokers: dict[int, tuple[str, int]] = {}
    for _ in range(reader.one("i")):
        node = reader.one("i")
        host, port = reader.text() or "", reader.one("i")
        reader.text()  # rack
        brokers[node] = (host, port)
    reader.text()  # cluster id
    controller = reader.one("i")
    leaders: dict[int, int] = {}
    error = 0
    for _ in range(reader.one("i")):
        error = reader.one("h")
        reader.text()
        reader.one("b")  # internal
        for _ in range(reader.one("i")):
            _partition_error, index, leader = reader.take("hii")
            reader.numbers()  # replicas
            reader.numbers()  # in-sync replicas
            leaders[index] = leader
    return Metadata(brokers, controller, leaders, error)


def read_produce(data: bytes) -> tuple[int, int]:
    """Read Produce (v3 to v7) of one partition: error code, and the offset that the first message was given."""
    reader = Reader(data)
    reader.one("i")  # number of topics
    reader.text()
    _partitions, _index, error, offset = reader.take("iihq")
    return error, offset


def read_spread_produce(data: bytes) -> list[int]:
    """Read Produce (v3 to v7) of several partitions of a topic: the error code of each."""
    reader = Reader(data)
    reader.one("i")  # number of topics
    reader.text()
    partitions = reader.one("i")
    # What follows a partition's error differs by version, and has the same length for each.
    rest = reader.left() - THROTTLE_BYTES
    if partitions <= 0 or rest % partitions or rest // partitions < PARTITION.size:
        raise struct.error("it has no whole number of partitions")
    each = rest // partitions - PARTITION.size
    return [reader.take(f"ih{each}x")[1] for _ in range(partitions)]


def read_fetch(data: bytes) -> tuple[int, bytes]:
    """Read Fetch v4 of one partition: error code, and its record batches, of which the last may be cut short."""
    reader = Reader(data)
    reader.take("ii")  # throttle, number of topics
    reader.text()
    _partitions, _index, error, _high_watermark, _last_stable = reader.take("iihqq")
    for _ in range(reader.one("i")):  # aborted transactions; -1 where there are none
        reader.take("qq")
    return error, reader.blob()


def read_list_offsets(data: bytes) -> dict[int, tuple[int, int]]:
    """Read ListOffsets v1 of one topic: (error code, offset) by partition."""
    reader = Reader(data)
    offsets = {}
    for _ in range(reader.one("i")):
        reader.text()
        for _ in range(reader.one("i")):
            index, error, _timestamp, offset = reader.take("ihqq")
            offsets[index] = (error, offset)
    return offsets


def read_init_producer_id(data: bytes) -> tuple[int, tuple[int, int]]:
    """Read InitProducerId (v0, v1): error code, and the id and epoch that were given out."""
    _throttle, error, producer, epoch = Reader(data).take("ihqh")
    return error, (producer, epoch)


def read_create_topic(data: bytes) -> tuple[int, str | None]:
    """Read CreateTopics (v2 to v4) of one topic: error code and the broker's own words."""
    reader = Reader(data)
    reader.take("ii")  # throttle, number of topics
    reader.text()
    return reader.one("h"), reader.text()


def read_delete_topic(data: bytes) -> int:
    """Read DeleteTopics (v1 to v3): the error code of the first topic."""
    reader = Reader(data)
    reader.take("ii")  # throttle, number of topics
    reader.text()
    return reader.one("h")
