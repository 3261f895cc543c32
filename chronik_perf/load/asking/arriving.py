"""What comes before any message: a connection, and a topic that can be written to."""

from __future__ import annotations

import contextlib

from chronik_perf.load.asking.filled import create, new_name
from chronik_perf.load.asking.log import AskedLog, median_ms

CONNECTION_ROUNDS = 20
TOPIC_ROUNDS = 5


def connection_ms(log: AskedLog) -> float:
    """Give the median time until a new connection has the answer to its first question."""
    with contextlib.ExitStack() as stack:  # closing them is no part of it
        return median_ms(CONNECTION_ROUNDS, lambda _: stack.enter_context(log.connect()))


def topic_creation_ms(log: AskedLog) -> float:
    """Give the median time until a new topic's partition has a leader that answers; the topics are left behind."""
    return median_ms(TOPIC_ROUNDS, lambda _: create(AskedLog(new_name(log), 0, log.leader)))
