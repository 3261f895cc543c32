"""What a broker at rest answers to requests of other kinds than a load of nothing but produce has.

Such a load cannot see replies that overtake each other, a connection that waits for another's long poll, or a consumer
that is woken late. A few requests on idle connections can, in about a second.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.load.wire.topics import leaders
from chronik_perf.model import Measured, MeasurementFailed, Unavailable

ORDER_ROUNDS = 20
SLOW_ROUNDS = 5
DELIVERY_ROUNDS = 10
SLOW_WAIT_MS = 100
DELIVERY_WAIT_MS = 1000
# Beyond both waits, so that an answer that came when the wait was over is still an answer.
_ANSWER_S = 2.0
# A broker whose every answer is late must not hold its caller up for the sum of all rounds.
_PROBE_S = 3.0
# For a Fetch to be read and to wait. A question on the other connection would tell, were it not for brokers that let
# it wait for the Fetch: those would have their time lost before the clock runs.
_SETTLE_S = 0.01
_FETCH_BYTES = 1 << 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a broker answered to a few requests of other kinds than the load's; each by itself may be unavailable.

    `misordered`: in how many of `ORDER_ROUNDS` rounds the reply to ApiVersions overtook the reply to the Produce that
    the same connection had sent before it.
    `beside_slow_ms`: median response time of ApiVersions while another connection waits in a Fetch at the log's end,
    which is answered after `SLOW_WAIT_MS`: about that where replies of one connection wait for those of another.
    `delivery_ms`: median time from sending a Produce (acks=1) until the Fetch that waits for it on another connection
    has its answer; a wait that ended without counts with the whole `DELIVERY_WAIT_MS`.
    """

    misordered: Measured
    beside_slow_ms: Measured
    delivery_ms: Measured


def ask(bootstrap: str, topic: str, partition: int = 0) -> Asked:
    """Ask the leader of a partition, which gets some 30 small messages by it; about a second on a sound broker.

    Raises MeasurementFailed if none of the addresses is that of a broker that answers. Whatever else goes wrong is the
    reason why a value is unavailable.
    """
    with WireConnection.to_any(bootstrap) as first:
        try:
            led = leaders(first, topic)
        except MeasurementFailed as error:
            why = _why(error, first.address)
            return Asked(why, why, why)
    if partition not in led:
        why = Unavailable(f"topic '{topic}' has no partition {partition}")
        return Asked(why, why, why)
    log = _Log(topic, partition, led[partition])
    # What the order probe's last messages bring about must not answer a Fetch that is to wait: it comes last.
    beside_slow_ms, delivery_ms = _measured(_beside_slow_ms, log), _measured(_delivery_ms, log)
    return Asked(_measured(_misordered, log), beside_slow_ms, delivery_ms)


@dataclass(frozen=True, slots=True)
class _Log:
    """A partition at its leader, and the questions about it."""

    topic: str
    partition: int
    leader: tuple[str, int]

    def connect(self) -> WireConnection:
        return WireConnection(*self.leader)

    def message(self) -> tuple[int, bytes]:
        batch = protocol.record_batch(protocol.CLIENT_ID, int(time.time() * 1e3))
        timeout_ms = int(_ANSWER_S * 1e3)
        return protocol.PRODUCE, protocol.produce_body(self.topic, self.partition, 1, timeout_ms, batch)

    def poll(self, offset: int, wait_ms: int) -> tuple[int, bytes]:
        return protocol.FETCH, protocol.fetch_body(
            self.topic, self.partition, offset, wait_ms, 1, _FETCH_BYTES
        )

    def end(self, connection: WireConnection) -> int:
        body = protocol.list_offsets_body(self.topic, [self.partition])
        offsets = connection.ask(protocol.LIST_OFFSETS, body, responses.read_list_offsets, _ANSWER_S)
        error, offset = offsets.get(self.partition, (protocol.UNKNOWN_TOPIC, -1))
        _accepted(connection, protocol.LIST_OFFSETS, error)
        return offset


def _misordered(log: _Log) -> Measured:
    misordered = 0
    give_up_ns = clock_ns() + _PROBE_S * 1e9
    with log.connect() as connection:
        for done in range(ORDER_ROUNDS):
            if clock_ns() > give_up_ns:
                return Unavailable(f"{done} of {ORDER_ROUNDS} rounds took {_PROBE_S:g} s")
            misordered += _overtaken(log, connection)
    return float(misordered)


def _overtaken(log: _Log, connection: WireConnection) -> bool:
    """Put a quick request behind a message, and tell whether it was answered first."""
    sent = connection.send(log.message(), (protocol.API_VERSIONS, b""))
    due = dict(zip(sent, (protocol.PRODUCE, protocol.API_VERSIONS), strict=True))
    overtaken = False
    while due:
        first = next(iter(due))
        came, body = connection.receive(due[first], _ANSWER_S)
        if came not in due:
            raise _strange(connection)
        overtaken |= came != first
        if due.pop(came) == protocol.PRODUCE:
            error, _ = connection.understood(protocol.PRODUCE, body, responses.read_produce)
            _accepted(connection, protocol.PRODUCE, error)
    return overtaken


def _beside_slow_ms(log: _Log) -> Measured:
    times_ms = []
    give_up_ns = clock_ns() + _PROBE_S * 1e9
    with log.connect() as slow, log.connect() as quick:
        for _ in range(SLOW_ROUNDS):
            if clock_ns() > give_up_ns:
                break
            poll_request = log.poll(log.end(quick), SLOW_WAIT_MS)
            polled_ns = clock_ns()
            (poll,) = slow.send(poll_request)
            time.sleep(_SETTLE_S)
            asked_ns = clock_ns()
            quick.ask(protocol.API_VERSIONS, b"", responses.read_api_versions, _ANSWER_S)
            took_ms = (clock_ns() - asked_ns) / 1e6
            _answer(slow, protocol.FETCH, poll, responses.read_fetch)
            # Beside a Fetch that was answered at once, nothing had to wait.
            if clock_ns() - polled_ns > SLOW_WAIT_MS * 1e6 / 2:
                times_ms.append(took_ms)
    return statistics.median(times_ms) if times_ms else Unavailable("a Fetch at the log's end did not wait")


def _delivery_ms(log: _Log) -> Measured:
    times_ms = []
    delivered = False
    give_up_ns = clock_ns() + _PROBE_S * 1e9
    with log.connect() as waiting, log.connect() as producing:
        for _ in range(DELIVERY_ROUNDS):
            if clock_ns() > give_up_ns:
                break
            # Asked for anew, as a broker may have stored the last message twice, or not at all.
            (poll,) = waiting.send(log.poll(log.end(producing), DELIVERY_WAIT_MS))
            time.sleep(_SETTLE_S)
            sent_ns = clock_ns()
            (message,) = producing.send(log.message())
            found = _answer(waiting, protocol.FETCH, poll, responses.read_fetch)
            took_ms = (clock_ns() - sent_ns) / 1e6
            offset = _answer(producing, protocol.PRODUCE, message, responses.read_produce)
            if found == offset:
                times_ms.append(took_ms)
                delivered = True
            elif found is None:  # and what is neither is somebody else's message, or one from before
                times_ms.append(max(took_ms, DELIVERY_WAIT_MS))
    if not delivered:
        return Unavailable("a waiting Fetch was not answered with what was produced")
    return statistics.median(times_ms)


def _answer(
    connection: WireConnection, api_key: int, correlation: int, read: Callable[[bytes], tuple[int, T]]
) -> T:
    """Await the answer to the one request that is under way, and give what it says beside its error code."""
    answered, body = connection.receive(api_key, _ANSWER_S)
    if answered != correlation:
        raise _strange(connection)
    error, value = connection.understood(api_key, body, read)
    _accepted(connection, api_key, error)
    return value


def _accepted(connection: WireConnection, api_key: int, error: int) -> None:
    if error:
        name = protocol.API_NAMES[api_key]
        raise MeasurementFailed(
            f"the broker at {connection.address} refused {name}: {protocol.error_text(error)}"
        )


def _strange(connection: WireConnection) -> MeasurementFailed:
    return MeasurementFailed(f"the broker at {connection.address} answered what it was not asked")


def _measured(probe: Callable[[_Log], Measured], log: _Log) -> Measured:
    try:
        return probe(log)
    except MeasurementFailed as error:
        host, port = log.leader
        return _why(error, f"{host}:{port}")


def _why(error: MeasurementFailed, address: str) -> Unavailable:
    # A reason stands beside that of another start, whose port is another, and the advice is for the load's driver.
    return Unavailable(str(error).partition(";")[0].replace(f" at {address}", ""))
