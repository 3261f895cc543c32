"""A workload: all that decides what a broker is asked to do, and nothing that depends on the broker."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

DriverName: TypeAlias = Literal["librdkafka", "wire"]
Arrival: TypeAlias = Literal["closed", "open"]


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of load. Two results compare only if their workloads are equal in every field.

    `in_flight` is the number of messages that await their acknowledgement at any time (librdkafka) or
    the number of connections, each with one request in flight (wire). With `arrival` "closed" the next
    send waits for an acknowledgement; with "open" messages are due at `rate_msgs_per_s` whatever the
    broker does. `slice_s` and `slice_bytes` bound one slice; the slice ends at whichever comes first.
    """

    name: str
    title: str
    driver: DriverName
    acks: int  # 0, 1, or -1 for all
    message_size_bytes: int
    in_flight: int
    linger_ms: float
    partitions: int
    slice_s: float
    slice_bytes: int
    arrival: Arrival = "closed"
    rate_msgs_per_s: float | None = None
    payload: Literal["incompressible", "zeros"] = "incompressible"

    def describe(self) -> str:
        """Say the load in the field's words, as every output shows it."""
        if self.arrival == "open":
            loop = f"open loop, {self.rate_msgs_per_s:g} msg/s"
        elif self.acks == 0:
            # Nothing comes back that a next send could wait for; the client's queue is the bound.
            loop = f"at most {self.in_flight:,} queued"
        else:
            loop = f"closed loop, {self.in_flight} in flight"
        acks = "all" if self.acks == -1 else str(self.acks)
        partitions = "1 partition" if self.partitions == 1 else f"{self.partitions} partitions"
        return (
            f"{self.message_size_bytes} B {self.payload}, acks={acks}, {loop}, {self.driver}, "
            f"linger {self.linger_ms:g} ms, {partitions}"
        )


def differing_field(left: Workload, right: Workload) -> str | None:
    """Name the first field in which two workloads differ, with both values; None when they are the same."""
    for field in fields(Workload):
        a, b = getattr(left, field.name), getattr(right, field.name)
        if a != b:
            return f"{field.name} is {a!r} on one side and {b!r} on the other"
    return None
