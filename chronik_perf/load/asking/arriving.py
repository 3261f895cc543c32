"""What comes before any load: a connection, what topics there are, a new one, and its first message."""

from __future__ import annotations

import contextlib

from chronik_perf.load.asking.filled import create, new_name
from chronik_perf.load.asking.log import ANSWER_S, PROBE_S, AskedLog, median_ms
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses

CONNECTION_ROUNDS = 20
METADATA_ROUNDS = 20
TOPIC_ROUNDS = 5


def connection_ms(log: AskedLog) -> float:
    """Give the median time until a new connection has the answer to its first question."""
    with contextlib.ExitStack() as stack:  # closing them is no part of it
        return median_ms(CONNECTION_ROUNDS, lambda _: stack.enter_context(log.connect()))


def metadata_ms(log: AskedLog) -> float:
    """Give the median time until a connection has been told all topics that there are, and who leads them."""
    body = protocol.metadata_body(None)
    with log.connect() as connection:
        return median_ms(
            METADATA_ROUNDS,
            lambda _: connection.ask(protocol.METADATA, body, responses.read_metadata, ANSWER_S),
        )


def topic_creation_ms(log: AskedLog) -> float:
    """Give the median time until a new topic's partition has a leader that answers; the topics are left behind."""
    return median_ms(TOPIC_ROUNDS, lambda _: create(AskedLog(new_name(log), 0, log.leader)))


def first_message_ms(log: AskedLog) -> float:
    """Give the median time until the first message of a new topic is acknowledged; the topics are left behind."""
    new: list[AskedLog] = []
    give_up_ns = clock_ns() + PROBE_S * 1e9
    while len(new) < TOPIC_ROUNDS and clock_ns() < give_up_ns:
        new.append(AskedLog(new_name(log), 0, log.leader))
        create(new[-1])
    with log.connect() as connection:
        return median_ms(len(new), lambda n: new[n].store(connection, new[n].message()))
