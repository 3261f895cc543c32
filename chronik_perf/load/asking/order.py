"""Whether a connection's replies, and its messages in the log, are in the order of its requests, as Kafka promises."""

from __future__ import annotations

from itertools import pairwise

from chronik_perf.load.asking.log import ANSWER_S, AskedLog, accepted, acknowledge, counted, strange
from chronik_perf.load.wire import protocol, responses
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import Measured

ORDER_ROUNDS = 20
# Sent in one piece, so that a broker has several of a connection to store at once.
IN_ONE_PIECE = 5


def misordered(log: AskedLog) -> Measured:
    """Count in how many of `ORDER_ROUNDS` rounds a reply overtook that to the Produce before it on its connection."""
    with log.connect() as connection:
        return counted(ORDER_ROUNDS, lambda: _overtaken(log, connection))


def reordered(log: AskedLog) -> Measured:
    """Count messages, of `ORDER_ROUNDS` times `IN_ONE_PIECE`, with a lower offset than the one that was sent before."""
    with log.connect() as connection:
        return counted(ORDER_ROUNDS, lambda: _fallen(log, connection))


def _fallen(log: AskedLog, connection: WireConnection) -> int:
    """Send messages in one piece, and count those with a lower offset than the one before."""
    sent = connection.send(*[log.message()] * IN_ONE_PIECE)
    offsets = dict(acknowledge(connection) for _ in sent)
    if set(offsets) != set(sent):
        raise strange(connection)
    return sum(offsets[later] < offsets[earlier] for earlier, later in pairwise(sent))


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
