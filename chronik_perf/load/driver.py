"""What a driver is: something that gives one window of load and comes back with nothing in flight."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from chronik_perf.load.histogram import Samples
from chronik_perf.model import MeasurementFailed, Workload

GRACE_S = 10.0
"""How long a driver waits for acknowledgements after the last send before it gives the broker up."""

_POOL = 1024

clock_ns = time.monotonic_ns
"""CLOCK_MONOTONIC, one clock for all processes of a machine."""


@dataclass(slots=True)
class Burst:
    """What a driver did in one window. Times are CLOCK_MONOTONIC ns; `acked` counts successes only."""

    first_send_ns: int
    last_ack_ns: int
    sent: int
    acked: int
    failures: Counter[str] = field(default_factory=Counter)  # by what the broker or the client said
    response: Samples | None = None
    service: Samples | None = None
    unsent: int = 0  # due on an open loop's schedule and never sent, since every connection was busy

    @property
    def failed(self) -> int:
        """Messages that were answered with an error."""
        return self.failures.total()


class Driver(Protocol):
    """One way to give load. Made connected; used for many windows, one after the other.

    A driver lives as long as its process, which ends without asking anybody: it has nothing to close.
    """

    def window(self, duration_s: float, max_bytes: int) -> Burst:
        """Send for `duration_s` or `max_bytes`, whichever ends first, and wait until nothing is in flight.

        Raises MeasurementFailed if the broker goes away or leaves something unanswered for GRACE_S.
        """


def payloads(workload: Workload) -> list[bytes]:
    """Give a pool of message values: random bytes do not compress, and are made before the load begins."""
    size = workload.message_size_bytes
    if workload.payload == "zeros":
        return [bytes(size)] * _POOL
    # A pool of large messages would not fit memory, and 16 MB is beyond the window of any compression.
    count = max(1, min(_POOL, (16 << 20) // max(1, size)))
    return [os.urandom(size) for _ in range(count)] * (_POOL // count or 1)


def unanswered(address: str, missing: int, sent: int) -> MeasurementFailed:
    """Say that the broker left messages without an answer."""
    return MeasurementFailed(
        f"the broker at {address} left {missing} of {sent} messages unacknowledged "
        f"{GRACE_S:g} s after the last send"
    )


def gone(address: str, why: str | None) -> MeasurementFailed:
    """Say that the broker went away in the middle of a window."""
    return MeasurementFailed(f"the broker at {address} went away in the middle of a window: {why}")
