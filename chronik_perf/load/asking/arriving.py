"""What comes before any message: a connection, what topics there are, and one that can be written to."""

from __future__ import annotations

import contextlib

from chronik_perf.load.asking.filled import create, new_name
from chronik_perf.load.asking.log import ANSWER_S, AskedLog, median_ms
from chronik_perf.load.wire import protocol

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
        # What this client makes of an answer, which is as long as there are topics, is no part of it.
        return median_ms(METADATA_ROUNDS, lambda _: connection.ask(protocol.METADATA, body, len, ANSWER_S))


def topic_creation_ms(log: AskedLog) -> float:
    """Give the median time until a new topic's partition has a leader that answers; the topics are left behind."""
    return median_ms(TOPIC_ROUNDS, lambda _: create(AskedLog(new_name(log), 0, log.leader)))
