"""Which APIs and versions are spoken, and the ApiVersions response that says so."""

from __future__ import annotations

import struct
from enum import IntEnum

from broker.protocol.errors import ErrorCode


class ApiKey(IntEnum):
    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    FIND_COORDINATOR = 10
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_TOPICS = 20
    INIT_PRODUCER_ID = 22


SPOKEN: dict[int, tuple[int, int]] = {
    ApiKey.PRODUCE: (3, 8),
    ApiKey.FETCH: (4, 11),
    ApiKey.LIST_OFFSETS: (1, 5),
    ApiKey.METADATA: (0, 8),
    ApiKey.FIND_COORDINATOR: (0, 2),
    ApiKey.API_VERSIONS: (0, 4),
    ApiKey.CREATE_TOPICS: (0, 4),
    ApiKey.DELETE_TOPICS: (0, 3),
    ApiKey.INIT_PRODUCER_ID: (0, 1),
}
"""Lowest and highest version of each API: the highest are the last before the flexible encoding."""

# librdkafka looks for Produce v0 before it compresses, though no client sends it (KAFKA-18659); Kafka 4
# announces it too and refuses it as well.
_ANNOUNCED = {**SPOKEN, ApiKey.PRODUCE: (0, SPOKEN[ApiKey.PRODUCE][1])}


def api_versions_response(version: int) -> bytes:
    """The body of an ApiVersions response; a version that is not spoken gets error 35 in the v0 shape."""
    low, high = SPOKEN[ApiKey.API_VERSIONS]
    if not low <= version <= high:
        return _classic(ErrorCode.UNSUPPORTED_VERSION, throttle=False)
    if version >= 3:
        return _flexible()
    return _classic(ErrorCode.NONE, throttle=version >= 1)


def _classic(error: ErrorCode, *, throttle: bool) -> bytes:
    body = struct.pack(">hi", error, len(_ANNOUNCED))
    for key, (low, high) in _ANNOUNCED.items():
        body += struct.pack(">hhh", key, low, high)
    return body + (b"\0\0\0\0" if throttle else b"")


def _flexible() -> bytes:
    body = struct.pack(">hB", ErrorCode.NONE, len(_ANNOUNCED) + 1)
    for key, (low, high) in _ANNOUNCED.items():
        body += struct.pack(">hhhB", key, low, high, 0)
    return body + struct.pack(">iB", 0, 0)
