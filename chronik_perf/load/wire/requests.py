"""Produce requests encoded before the load begins, and what success looks like for each."""

from __future__ import annotations

import time
from dataclasses import dataclass

from chronik_perf.load.wire import protocol
from chronik_perf.model import MeasurementFailed, Workload

# Each connection takes turns between requests, so that a late answer cannot pass for this request's.
TURNS = 4
_TIMEOUT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Ready:
    """One request as bytes, how its response begins when it succeeded, and that response's whole length."""

    request: bytes
    request_bytes: int
    good_start: bytes
    response_bytes: int


def encode(
    workload: Workload, topic: str, partition: int, version: int, connection: int, values: list[bytes]
) -> list[Ready]:
    """Encode the requests of one connection, one message each, each with a correlation id of its own."""
    now_ms = int(time.time() * 1e3)
    ready = []
    for turn in range(TURNS):
        correlation = connection * TURNS + turn + 1
        batch = protocol.record_batch(values[correlation % len(values)], now_ms)
        request = protocol.produce_request(
            version, correlation, topic, partition, workload.acks, _TIMEOUT_MS, batch
        )
        good_start, length = protocol.produce_response_start(version, correlation, topic, partition)
        ready.append(Ready(request, len(request), good_start, length))
    return ready


def explain(ready: Ready, response: bytes, address: str) -> str:
    """Say what a response that is not a success says: the broker's error, in words.

    Raises MeasurementFailed if it is no answer to this request at all.
    """
    if response[4:8] != ready.good_start[4:8]:
        expected, got = (int.from_bytes(x[4:8], "big", signed=True) for x in (ready.good_start, response))
        raise MeasurementFailed(
            f"the broker at {address} answered with correlation id {got} where {expected} was due"
        )
    start = len(ready.good_start)
    if len(response) == ready.response_bytes and response[: start - 2] == ready.good_start[:-2]:
        return protocol.error_text(int.from_bytes(response[start - 2 : start], "big", signed=True))
    raise MeasurementFailed(f"the broker at {address} sent a Produce response that does not fit its version")
