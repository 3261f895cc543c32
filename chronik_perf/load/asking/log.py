"""A partition at its leader, and the questions about it that all probes share."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import Measured, MeasurementFailed, PerfError, Unavailable

# Beyond all waits that are asked for, so that an answer that came when the wait was over is still an answer.
ANSWER_S = 2.0
# A broker whose every answer is late must not hold its caller up for the sum of all rounds.
PROBE_S = 3.0
# As a consumer's default is.
FETCH_BYTES = 1 << 20
# For a Fetch to be read and to wait. A question on another connection would tell, were it not for brokers that let
# it wait for the Fetch: those would have their time lost before the clock runs.
SETTLE_S = 0.01
ALL_REPLICAS = -1  # as acks

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AskedLog:
    """A partition of a topic, at the broker that leads it. All its questions raise MeasurementFailed."""

    topic: str
    partition: int
    leader: tuple[str, int]

    @property
    def address(self) -> str:
        """Where its leader is."""
        host, port = self.leader
        return f"{host}:{port}"

    def connect(self) -> WireConnection:
        """Open a connection to the leader, which has answered its first question."""
        return WireConnection(*self.leader)

    def message(self, value: bytes = protocol.CLIENT_ID, acks: int = 1) -> tuple[int, bytes]:
        """Give a request that produces one message, a small one if no other is given."""
        return self.batch(protocol.record_batch(value, now_ms()), acks)

    def batch(self, records: bytes, acks: int = 1) -> tuple[int, bytes]:
        """Give a request that produces a record batch."""
        timeout_ms = int(ANSWER_S * 1e3)
        return protocol.PRODUCE, protocol.produce_body(self.topic, self.partition, acks, timeout_ms, records)

    def store(self, connection: WireConnection, message: tuple[int, bytes]) -> None:
        """Produce one message, and wait until it is acknowledged."""
        key, body = message
        error, _ = connection.ask(key, body, responses.read_produce, ANSWER_S)
        accepted(connection, key, error)

    def poll(
        self, offset: int, wait_ms: int, most_bytes: int = FETCH_BYTES, least_bytes: int = 1
    ) -> tuple[int, bytes]:
        """Give a request for messages from an offset on, which waits until there are as many bytes of them."""
        body = protocol.fetch_body(self.topic, self.partition, offset, wait_ms, least_bytes, most_bytes)
        return protocol.FETCH, body

    def read(self, connection: WireConnection, offset: int, most_bytes: int = FETCH_BYTES) -> bytes:
        """Give the record batches from an offset on, as they lie there; none at the log's end."""
        key, body = self.poll(offset, 0, most_bytes)
        error, records = connection.ask(key, body, responses.read_fetch, ANSWER_S)
        accepted(connection, key, error)
        return records

    def end(self, connection: WireConnection) -> int:
        """Ask for the log end offset."""
        return self._offset(connection, protocol.LATEST)

    def begin(self, connection: WireConnection) -> int:
        """Ask for the log start offset."""
        return self._offset(connection, protocol.EARLIEST)

    def at_time(self, connection: WireConnection, timestamp_ms: int) -> int:
        """Ask for the offset of the first message of a time or later; -1 where there is none."""
        return self._offset(connection, timestamp_ms)

    def _offset(self, connection: WireConnection, timestamp: int) -> int:
        body = protocol.list_offsets_body(self.topic, [self.partition], timestamp)
        offsets = connection.ask(protocol.LIST_OFFSETS, body, responses.read_list_offsets, ANSWER_S)
        error, offset = offsets.get(self.partition, (protocol.UNKNOWN_TOPIC, -1))
        accepted(connection, protocol.LIST_OFFSETS, error)
        return offset


def now_ms() -> int:
    """Give the time for a message: what is as old as the epoch a broker may delete."""
    return int(time.time() * 1e3)


def median_ms(rounds: int, ask: Callable[[int], object]) -> float:
    """Give the median time that a question takes, put `rounds` times (it is told which), or as often as time allows."""
    times_ms = []
    give_up_ns = clock_ns() + PROBE_S * 1e9
    for n in range(rounds):
        if clock_ns() > give_up_ns:
            break
        asked_ns = clock_ns()
        ask(n)
        times_ms.append((clock_ns() - asked_ns) / 1e6)
    return statistics.median(times_ms)


def counted(rounds: int, count: Callable[[], int]) -> Measured:
    """Give the sum of what is counted in so many rounds; unavailable where time does not allow all of them."""
    found = 0
    give_up_ns = clock_ns() + PROBE_S * 1e9
    for done in range(rounds):
        if clock_ns() > give_up_ns:
            return Unavailable(f"{done} of {rounds} rounds took {PROBE_S:g} s")
        found += count()
    return float(found)


def why(error: PerfError, address: str) -> Unavailable:
    """Give the reason why there is no answer: it stands beside that of another start, whose port is another.

    An advice that it ends with is for the load's driver.
    """
    return Unavailable(str(error).partition(";")[0].replace(f" at {address}", ""))


def answer_to(
    connection: WireConnection, api_key: int, correlation: int, read: Callable[[bytes], tuple[int, T]]
) -> T:
    """Await the answer to the one request that is under way, and give what it says beside its error code."""
    answered, body = connection.receive(api_key, ANSWER_S)
    if answered != correlation:
        raise strange(connection)
    error, value = connection.understood(api_key, body, read)
    accepted(connection, api_key, error)
    return value


def acknowledge(connection: WireConnection) -> tuple[int, int]:
    """Await the next acknowledgement of what was produced; give its correlation id, and the offset that it tells.

    Raises MeasurementFailed if it is an error.
    """
    correlation, answer = connection.receive(protocol.PRODUCE, ANSWER_S)
    error, offset = connection.understood(protocol.PRODUCE, answer, responses.read_produce)
    accepted(connection, protocol.PRODUCE, error)
    return correlation, offset


def accepted(connection: WireConnection, api_key: int, error: int) -> None:
    """Raise MeasurementFailed, in words, if an error code is one."""
    if error:
        name = protocol.API_NAMES[api_key]
        raise MeasurementFailed(
            f"the broker at {connection.address} refused {name}: {protocol.error_text(error)}"
        )


def strange(connection: WireConnection) -> MeasurementFailed:
    """Give the failure of a broker that answers something else."""
    return MeasurementFailed(f"the broker at {connection.address} answered what it was not asked")
