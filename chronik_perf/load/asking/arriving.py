"""What comes before any message: a connection, and a topic that can be written to."""

from __future__ import annotations

import statistics

from chronik_perf.load.asking.filled import create, new_name
from chronik_perf.load.asking.log import PROBE_S, AskedLog
from chronik_perf.load.driver import clock_ns
from chronik_perf.model import Measured

CONNECTION_ROUNDS = 20
TOPIC_ROUNDS = 5


def connection_ms(log: AskedLog) -> Measured:
    """Give the median time until a new connection has the answer to its first question."""
    times_ms = []
    give_up_ns = clock_ns() + PROBE_S * 1e9
    for _ in range(CONNECTION_ROUNDS):
        if clock_ns() > give_up_ns:
            break
        begun_ns = clock_ns()
        with log.connect():
            times_ms.append((clock_ns() - begun_ns) / 1e6)
    return statistics.median(times_ms)


def topic_creation_ms(log: AskedLog) -> Measured:
    """Give the median time until a new topic's partition has a leader that answers; the topics are left behind."""
    times_ms = []
    give_up_ns = clock_ns() + PROBE_S * 1e9
    for _ in range(TOPIC_ROUNDS):
        if clock_ns() > give_up_ns:
            break
        new = AskedLog(new_name(log), 0, log.leader)
        begun_ns = clock_ns()
        create(new)
        times_ms.append((clock_ns() - begun_ns) / 1e6)
    return statistics.median(times_ms)
