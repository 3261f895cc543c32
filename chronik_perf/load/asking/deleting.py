"""What it takes to delete topics, and to make those that are to be deleted."""

from __future__ import annotations

from chronik_perf.load.asking.filled import create, new_name
from chronik_perf.load.asking.log import ANSWER_S, PROBE_S, AskedLog, accepted, median_ms
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses
from chronik_perf.load.wire.connection import WireConnection

DELETED = 25


def topic_deletion_ms(log: AskedLog) -> float:
    """Make `DELETED` topics of one message each, and give the median time in which one is deleted; all are."""
    made: list[AskedLog] = []
    give_up_ns = clock_ns() + PROBE_S * 1e9
    with log.connect() as connection:
        try:
            while len(made) < DELETED and clock_ns() < give_up_ns:
                one = AskedLog(new_name(log), 0, log.leader)
                create(one)
                made.append(one)
                one.store(connection, one.message())
            return median_ms(len(made), lambda _: _delete(connection, made.pop()))
        finally:
            # Of a broker that is too slow for all of it.
            while made:
                _delete(connection, made.pop())


def _delete(connection: WireConnection, log: AskedLog) -> None:
    body = protocol.delete_topic_body(log.topic, int(ANSWER_S * 1e3))
    error = connection.ask(protocol.DELETE_TOPICS, body, responses.read_delete_topic, ANSWER_S)
    accepted(connection, protocol.DELETE_TOPICS, error)
