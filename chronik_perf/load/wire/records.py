"""Record batches (format v2) as a consumer takes them apart: whole, with a checksum that holds, value by value."""

from __future__ import annotations

import struct

import google_crc32c

# Base offset, length of what follows, leader epoch, magic, CRC; then what the CRC covers: attributes, last offset
# delta, two timestamps, producer id and epoch, base sequence, number of records.
_HEAD = struct.Struct(">qiibIhiqqqhii")
_LENGTH_END, _COVERED_FROM = 12, 21
_COMPRESSION = 0x07


class Compressed(Exception):
    """A batch is compressed, and its values cannot be told without the codec."""


def values(records: bytes) -> dict[int, bytes]:
    """Give the value of each record by its offset, null as none; a batch whose checksum does not hold has none.

    What is cut short at the end is left out, as a Fetch may end so. Raises struct.error where it is no record batch,
    and Compressed.
    """
    found: dict[int, bytes] = {}
    at = 0
    while at + _HEAD.size <= len(records):
        base, length, _, magic, crc, attributes, *_, count = _HEAD.unpack_from(records, at)
        end = at + _LENGTH_END + length
        if magic != 2 or length < _HEAD.size - _LENGTH_END:
            raise struct.error("no record batch of format v2")
        if end > len(records):
            break
        if google_crc32c.value(records[at + _COVERED_FROM : end]) == crc:
            if attributes & _COMPRESSION:
                raise Compressed
            found |= _values(records[at + _HEAD.size : end], base, count)
        at = end
    return found


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
