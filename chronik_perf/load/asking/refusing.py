"""How long a broker takes to say no: clients that ask for what is gone ask again and again."""

from __future__ import annotations

from chronik_perf.load.asking.filled import new_name
from chronik_perf.load.asking.log import ANSWER_S, AskedLog, median_ms
from chronik_perf.load.wire import protocol, responses
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import Measured, Unavailable

REFUSED_ROUNDS = 20


def refused_ms(log: AskedLog) -> Measured:
    """Give the median time in which a Produce, a Fetch and a ListOffsets of a topic that is not there are refused.

    The three are asked one after the other. Unavailable where one of them is not refused.
    """
    absent = AskedLog(new_name(log), 0, log.leader)
    with log.connect() as connection:
        asked = _refusals(absent, connection)
        if not all(asked):
            return Unavailable("it does not refuse what asks for a topic that is not there")
        return median_ms(REFUSED_ROUNDS, lambda _: _refusals(absent, connection))


def _refusals(absent: AskedLog, connection: WireConnection) -> tuple[int, ...]:
    """Give the error codes of the three."""
    message, poll = absent.message(), absent.poll(0, 0)
    offsets = protocol.list_offsets_body(absent.topic, [absent.partition])
    told = connection.ask(protocol.LIST_OFFSETS, offsets, responses.read_list_offsets, ANSWER_S)
    return (
        connection.ask(*message, responses.read_produce, ANSWER_S)[0],
        connection.ask(*poll, responses.read_fetch, ANSWER_S)[0],
        told.get(absent.partition, (0, -1))[0],
    )
