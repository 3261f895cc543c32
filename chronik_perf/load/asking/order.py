"""Whether the replies of one connection come in the order of its requests, which no Kafka client can do without."""

from __future__ import annotations

from chronik_perf.load.asking.log import ANSWER_S, PROBE_S, AskedLog, accepted, strange
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import Measured, Unavailable

ORDER_ROUNDS = 20


def misordered(log: AskedLog) -> Measured:
    """Count in how many of `ORDER_ROUNDS` rounds a reply overtook that to the Produce before it on its connection."""
    found = 0
    give_up_ns = clock_ns() + PROBE_S * 1e9
    with log.connect() as connection:
        for done in range(ORDER_ROUNDS):
            if clock_ns() > give_up_ns:
                return Unavailable(f"{done} of {ORDER_ROUNDS} rounds took {PROBE_S:g} s")
            found += _overtaken(log, connection)
    return float(found)


def _overtaken(log: AskedLog, connection: WireConnection) -> bool:
    """Put a quick request behind a message, and tell whether it was answered first."""
    sent = connection.send(log.message(), (protocol.API_VERSIONS, b""))
    due = dict(zip(sent, (protocol.PRODUCE, protocol.API_VERSIONS), strict=True))
    overtaken = False
    while due:
        first = next(iter(due))
        came, body = connection.receive(due[first], ANSWER_S)
        if came not in due:
            raise strange(connection)
        overtaken |= came != first
        if due.pop(came) == protocol.PRODUCE:
            error, _ = connection.understood(protocol.PRODUCE, body, responses.read_produce)
            accepted(connection, protocol.PRODUCE, error)
    return overtaken
