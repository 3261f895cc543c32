"""Reading and writing the non-flexible fields of Kafka's protocol (big endian, no compact lengths)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

_INT8 = struct.Struct(">b")
_INT16 = struct.Struct(">h")
_INT32 = struct.Struct(">i")
_INT64 = struct.Struct(">q")


class ProtocolError(Exception):
    """The peer sent what cannot be a request; its connection is closed."""


class Reader:
    """Reads fields from ``data`` between two positions. Every method raises ProtocolError past the end."""

    __slots__ = ("_data", "_end", "position")

    def __init__(self, data: bytes, position: int, end: int) -> None:
        self._data = data
        self._end = end
        self.position = position

    def _take(self, length: int) -> int:
        start = self.position
        if length < 0 or start + length > self._end:
            raise ProtocolError("a field reaches beyond its request")
        self.position = start + length
        return start

    def boolean(self) -> bool:
        return self.int8() != 0

    def int8(self) -> int:
        return int(_INT8.unpack_from(self._data, self._take(1))[0])

    def int16(self) -> int:
        return int(_INT16.unpack_from(self._data, self._take(2))[0])

    def int32(self) -> int:
        return int(_INT32.unpack_from(self._data, self._take(4))[0])

    def int64(self) -> int:
        return int(_INT64.unpack_from(self._data, self._take(8))[0])

    def string(self) -> str:
        text = self.nullable_string()
        if text is None:
            raise ProtocolError("a string is null where none may be")
        return text

    def nullable_string(self) -> str | None:
        length = self.int16()
        if length == -1:
            return None
        start = self._take(length)
        try:
            return self._data[start : start + length].decode()
        except UnicodeDecodeError:
            raise ProtocolError("a string is not UTF-8") from None

    def nullable_bytes(self) -> tuple[int, int] | None:
        """Where the bytes begin and end, so that they need not be copied."""
        length = self.int32()
        if length == -1:
            return None
        start = self._take(length)
        return start, start + length

    def array(self, item: Callable[[], T]) -> list[T]:
        return self.nullable_array(item) or []

    def nullable_array(self, item: Callable[[], T]) -> list[T] | None:
        length = self.int32()
        if length == -1:
            return None
        # Every item takes a byte at least, so a length beyond that is refused before memory is spent.
        if length < 0 or length > self._end - self.position:
            raise ProtocolError("an array is longer than its request")
        return [item() for _ in range(length)]


class Writer:
    """Collects fields; ``encoded()`` joins them."""

    __slots__ = ("_parts",)

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def encoded(self) -> bytes:
        return b"".join(self._parts)

    def boolean(self, value: bool) -> None:
        self._parts.append(b"\x01" if value else b"\x00")

    def int8(self, value: int) -> None:
        self._parts.append(_INT8.pack(value))

    def int16(self, value: int) -> None:
        self._parts.append(_INT16.pack(value))

    def int32(self, value: int) -> None:
        self._parts.append(_INT32.pack(value))

    def int64(self, value: int) -> None:
        self._parts.append(_INT64.pack(value))

    def string(self, value: str | None) -> None:
        if value is None:
            self._parts.append(b"\xff\xff")
            return
        encoded = value.encode()
        self._parts.append(_INT16.pack(len(encoded)))
        self._parts.append(encoded)

    def records(self, chunks: list[bytes]) -> None:
        """Record batches: a length, then the batches as they are."""
        self._parts.append(_INT32.pack(sum(map(len, chunks))))
        self._parts.extend(chunks)

    def array(self, items: Iterable[T], item: Callable[[T], None]) -> None:
        listed = list(items)
        self.int32(len(listed))
        for one in listed:
            item(one)
