"""Record batches (format v2) as a consumer takes them apart: offsets and, where a checksum holds, values."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

import google_crc32c

# Base offset, length of what follows, leader epoch, magic, CRC; then what the CRC covers: attributes, last offset
# delta, two timestamps, producer id and epoch, base sequence, number of records.
_HEAD = struct.Struct(">qiibIhiqqqhii")
_LENGTH_END, _COVERED_FROM = 12, 21
_COMPRESSION = 0x07
_MOST_OFFSETS = 1 << 63


class Compressed(Exception):
    """A batch is compressed, and its values cannot be told without the codec."""


class _Batch(NamedTuple):
    base: int
    last: int  # the last message's offset from the base
    crc: int
    attributes: int
    messages: int
    begins: int  # in the bytes that it is among
    ends: int


def first_offset(records: bytes) -> int:
    """Give the offset of the first message of some record batches; struct.error where there is none."""
    return int(struct.unpack_from(">q", records)[0])


def offset_after(records: bytes) -> int:
    """Give the offset that follows the last whole one of some record batches; struct.error without one."""
    offset = max((batch.base + batch.last + 1 for batch in _whole(records)), default=-1)
    if not 0 <= offset < _MOST_OFFSETS:
        raise struct.error("no whole record batch, or no offset that could be asked for")
    return offset


def values(records: bytes) -> dict[int, bytes]:
    """Give the value of each record by its offset, null as none; a batch whose checksum does not hold has none.

    What is cut short at the end is left out, as a Fetch may end so. Raises struct.error where it is no record batch,
    and Compressed.
    """
    found: dict[int, bytes] = {}
    for batch in _whole(records):
        if google_crc32c.value(records[batch.begins + _COVERED_FROM : batch.ends]) == batch.crc:
            if batch.attributes & _COMPRESSION:
                raise Compressed
            found |= _values(records[batch.begins + _HEAD.size : batch.ends], batch.base, batch.messages)
    return found


def _whole(records: bytes) -> Iterator[_Batch]:
    """Give the batches that are not cut short at the end; struct.error where there is none of format v2."""
    at = 0
    while at + _HEAD.size <= len(records):
        base, length, _, magic, crc, attributes, last, *_, count = _HEAD.unpack_from(records, at)
        end = at + _LENGTH_END + length
        if magic != 2 or length < _HEAD.size - _LENGTH_END:
            raise struct.error("no record batch of format v2")
        if end > len(records):
            break
        yield _Batch(base, last, crc, attributes, count, at, end)
        at = end


def _values(data: bytes, base: int, count: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    for _ in range(count):
        length, at = _varint(data, at)
        end = at + length
        _, at = _varint(data, at + 1)  # its timestamp, behind its attributes
        delta, at = _varint(data, at)
        key_bytes, at = _varint(data, at)
        value_bytes, at = _varint(data, at + max(0, key_bytes))
        found[base + delta] = data[at : at + max(0, value_bytes)]
        at = end
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Give a zigzag varint, and where it ends."""
    zigzag = shift = 0
    while True:
        if not 0 <= at < len(data):
            raise struct.error("a record that ends before its fields do")
        byte = data[at]
        at += 1
        zigzag |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (zigzag >> 1) ^ -(zigzag & 1), at
        shift += 7
