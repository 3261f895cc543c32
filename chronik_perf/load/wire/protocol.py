"""Requests as bytes, in the last versions that are not flexible.

Layouts are those of https://kafka.apache.org/protocol.html; record batches are format v2 (magic 2).
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterable, Sequence

import google_crc32c

PRODUCE, FETCH, LIST_OFFSETS, METADATA, API_VERSIONS, CREATE_TOPICS, DELETE_TOPICS = 0, 1, 2, 3, 18, 19, 20
INIT_PRODUCER_ID = 22

# What this client can speak, best first. Kafka 4 has dropped older ones; flexible versions are not needed.
SPOKEN: dict[int, tuple[int, ...]] = {
    PRODUCE: (7, 6, 5, 4, 3),
    FETCH: (4,),
    LIST_OFFSETS: (1,),
    METADATA: (4,),
    API_VERSIONS: (0,),
    CREATE_TOPICS: (4, 3, 2),
    DELETE_TOPICS: (3, 2, 1),
    INIT_PRODUCER_ID: (1, 0),
}
API_NAMES = {
    PRODUCE: "Produce",
    FETCH: "Fetch",
    LIST_OFFSETS: "ListOffsets",
    METADATA: "Metadata",
    API_VERSIONS: "ApiVersions",
    CREATE_TOPICS: "CreateTopics",
    DELETE_TOPICS: "DeleteTopics",
    INIT_PRODUCER_ID: "InitProducerId",
}
ERRORS = {
    -1: "unknown server error",
    1: "offset out of range",
    2: "corrupt message (CRC)",
    3: "unknown topic or partition",
    5: "leader not available",
    6: "not leader for partition",
    7: "request timed out",
    10: "message too large",
    17: "invalid topic name",
    19: "not enough replicas",
    20: "not enough replicas after append",
    29: "topic authorization failed",
    31: "cluster authorization failed",
    35: "unsupported version",
    36: "topic already exists",
    37: "invalid number of partitions",
    38: "invalid replication factor",
    41: "not controller",
    42: "invalid request",
    44: "policy violation",
    56: "storage error",
    73: "topic deletion is disabled",
}
UNKNOWN_TOPIC, TOPIC_EXISTS, NOT_CONTROLLER, DUPLICATE_SEQUENCE = 3, 36, 41, 46
# Errors that a new topic shows while its leader is being chosen.
NOT_YET = frozenset({3, 5, 6})

LATEST, EARLIEST = -1, -2
_GZIP = 1
CLIENT_ID = b"chronik-perf"


def error_text(code: int) -> str:
    """Say an error code of the protocol in words."""
    return f"{ERRORS.get(code, 'error of the Kafka protocol')} (error {code})"


def string(text: str) -> bytes:
    """Encode a STRING: length as INT16, then UTF-8."""
    raw = text.encode()
    return struct.pack(">h", len(raw)) + raw


def frame(api_key: int, version: int, correlation_id: int, body: bytes) -> bytes:
    """Put size and request header (version 1) before a body."""
    header = struct.pack(">hhih", api_key, version, correlation_id, len(CLIENT_ID)) + CLIENT_ID
    return struct.pack(">i", len(header) + len(body)) + header + body


def _varint(value: int) -> bytes:
    zigzag = (value << 1) ^ (value >> 63)
    out = bytearray()
    while zigzag > 0x7F:
        out.append(zigzag & 0x7F | 0x80)
        zigzag >>= 7
    out.append(zigzag)
    return bytes(out)


def record_batch(
    value: bytes, timestamp_ms: int, *, zipped: bool = False, producer: tuple[int, int] = (-1, -1)
) -> bytes:
    """Encode one record without key as a record batch v2, compressed by gzip where it is to be `zipped`.

    `producer` is the id and the epoch of an idempotent one, of which this is the first batch (sequence 0).
    """
    record = b"\x00" + _varint(0) + _varint(0) + _varint(-1) + _varint(len(value)) + value + _varint(0)
    record = _varint(len(record)) + record
    if zipped:
        record = gzip.compress(record, compresslevel=1)
    sequence = -1 if producer[0] < 0 else 0
    # attributes, last offset delta, first and max timestamp, producer id and epoch, base sequence, count
    head = struct.pack(">hiqqqhii", _GZIP * zipped, 0, timestamp_ms, timestamp_ms, *producer, sequence, 1)
    body = head + record
    crc = google_crc32c.value(body)
    after_length = struct.pack(">ibI", -1, 2, crc) + body
    return struct.pack(">qi", 0, len(after_length)) + after_length


def produce_request(
    version: int, correlation_id: int, topic: str, partition: int, acks: int, timeout_ms: int, batch: bytes
) -> bytes:
    """Encode a whole Produce request (v3 to v7) of one batch for one partition."""
    return frame(PRODUCE, version, correlation_id, produce_body(topic, partition, acks, timeout_ms, batch))


def produce_body(topic: str, partition: int, acks: int, timeout_ms: int, batch: bytes) -> bytes:
    """Encode Produce (v3 to v7, which are the same) of one batch for one partition."""
    return spread_produce_body(topic, (partition,), acks, timeout_ms, batch)


def spread_produce_body(
    topic: str, partitions: Sequence[int], acks: int, timeout_ms: int, batch: bytes
) -> bytes:
    """Encode Produce (v3 to v7) of the same batch for each of several partitions of a topic."""
    head = struct.pack(">hhii", -1, acks, timeout_ms, 1) + string(topic) + struct.pack(">i", len(partitions))
    return head + b"".join(struct.pack(">ii", each, len(batch)) + batch for each in partitions)


def produce_response_start(
    version: int, correlation_id: int, topic: str, partition: int
) -> tuple[bytes, int]:
    """Give how the response to `produce_request` begins when it succeeded, and its whole length in bytes.

    Size, correlation id, topic, partition and an error code of 0 come first, and what follows them has a
    fixed length: one comparison tells success.
    """
    rest = 8 + 8 + (8 if version >= 5 else 0) + 4  # base offset, append time, log start offset, throttle
    after_size = struct.pack(">ii", correlation_id, 1) + string(topic) + struct.pack(">iih", 1, partition, 0)
    length = len(after_size) + rest
    return struct.pack(">i", length) + after_size, 4 + length


def fetch_body(
    topic: str, partition: int, offset: int, max_wait_ms: int, min_bytes: int, max_bytes: int
) -> bytes:
    """Encode Fetch v4 for one partition from an offset on, as a consumer that reads uncommitted messages too."""
    head = struct.pack(">iiiib", -1, max_wait_ms, min_bytes, max_bytes, 0)
    return head + struct.pack(">i", 1) + string(topic) + struct.pack(">iiqi", 1, partition, offset, max_bytes)


def list_offsets_body(topic: str, partitions: Iterable[int], timestamp: int = LATEST) -> bytes:
    """Encode ListOffsets v1 for some partitions of one topic."""
    wanted = list(partitions)
    head = struct.pack(">ii", -1, 1) + string(topic) + struct.pack(">i", len(wanted))
    return head + b"".join(struct.pack(">iq", p, timestamp) for p in wanted)


def init_producer_id_body(timeout_ms: int) -> bytes:
    """Encode InitProducerId for a producer without transactions."""
    return struct.pack(">hi", -1, timeout_ms)


def metadata_body(topics: Sequence[str] | None) -> bytes:
    """Encode Metadata v4 for some topics (for none, just the brokers), or for all that there are; creates none."""
    if topics is None:
        return struct.pack(">i", -1) + b"\x00"
    return struct.pack(">i", len(topics)) + b"".join(map(string, topics)) + b"\x00"


def create_topic_body(version: int, topic: str, partitions: int, timeout_ms: int) -> bytes:
    """Encode CreateTopics for one topic, with the broker's replication factor where that can be asked for."""
    factor = -1 if version >= 4 else 1
    described = string(topic) + struct.pack(">ihii", partitions, factor, 0, 0)
    return struct.pack(">i", 1) + described + struct.pack(">ib", timeout_ms, 0)


def delete_topics_body(topics: Sequence[str], timeout_ms: int) -> bytes:
    """Encode DeleteTopics."""
    return struct.pack(">i", len(topics)) + b"".join(map(string, topics)) + struct.pack(">i", timeout_ms)
