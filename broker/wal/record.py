"""The format of a WAL record: a checksummed header, then a record batch as Kafka's clients sent it.

::

    crc       u32   CRC-32C of all that follows up to the end of the batch's own CRC field
    magic     u16   0x4357
    version   u8    1
    reserved  u8    0
    length    u32   bytes of the record batch
    last      i64   offset of the batch's last message
    count     i32   messages in the batch
    -- the record batch begins --
    base      i64   offset of its first message
    length    i32
    epoch     i32   partition leader epoch
    magic     i8    2
    crc       u32   CRC-32C of the rest, computed by the client and checked when it arrived
    rest

The record's CRC covers the batch's CRC, and that covers the rest, so every byte is protected and the
(possibly large) rest is summed once. Topic and partition stand in the segment's header.
"""

from __future__ import annotations

import struct

from google_crc32c import value as crc32c

MAGIC = 0x4357
VERSION = 1

COVERED = struct.Struct(">HBBIqiqiibI")
"""What the record's CRC covers: magic, version, reserved, length, last, count, then the batch's start."""

CRC = struct.Struct(">I")
HEADER = struct.Struct(">IHBBIqiqiibI")
HEADER_BYTES = HEADER.size
BATCH_PREFIX_BYTES = 21
"""How much of a record batch stands inside HEADER."""

BATCH_AT = HEADER_BYTES - BATCH_PREFIX_BYTES
"""Where in a WAL record its record batch begins."""

BATCH = struct.Struct(">8xiibIhi8xqqhii")
"""A batch: length, epoch, magic, crc, attributes, last delta, max time, producer id, epoch, sequence, count."""

BATCH_HEADER_BYTES = BATCH.size
LENGTH_BEFORE_REST = 12
"""A batch's length field does not count its base offset and itself."""


def encode_header(base: int, batch_length: int, epoch: int, batch_crc: int, last: int, count: int) -> bytes:
    """All of a record but the rest of its batch. Lengths in bytes, offsets in messages."""
    covered = COVERED.pack(
        MAGIC, VERSION, 0, batch_length + 12, last, count, base, batch_length, epoch, 2, batch_crc
    )
    return CRC.pack(crc32c(covered)) + covered


class Record:
    """One record as it was read: where it lies in a buffer and which offsets it holds."""

    __slots__ = ("base_offset", "batch_bytes", "batch_crc", "last_offset", "size_bytes", "start")

    def __init__(self, start: int, batch_bytes: int, base_offset: int, last_offset: int, crc: int) -> None:
        self.start = start
        self.batch_bytes = batch_bytes
        self.size_bytes = BATCH_AT + batch_bytes
        self.base_offset = base_offset
        self.last_offset = last_offset
        self.batch_crc = crc


def decode_header(buffer: bytes, start: int) -> Record | None:
    """The record whose header begins at ``start``, or None where no sound header stands."""
    if len(buffer) - start < HEADER_BYTES:
        return None
    crc, magic, version, _, length, last, _count, base, batch_length, _epoch, _magic2, batch_crc = (
        HEADER.unpack_from(buffer, start)
    )
    if magic != MAGIC or version != VERSION or length != batch_length + LENGTH_BEFORE_REST:
        return None
    if crc32c(buffer[start + 4 : start + HEADER_BYTES]) != crc:
        return None
    return Record(start, length, base, last, batch_crc)


def rest_is_sound(buffer: bytes, record: Record) -> bool:
    """Whether the whole record is in ``buffer`` and the batch's own CRC holds."""
    end = record.start + record.size_bytes
    return end <= len(buffer) and crc32c(buffer[record.start + HEADER_BYTES : end]) == record.batch_crc
