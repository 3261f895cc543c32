"""What it takes to delete topics, and to make those that are to be deleted."""

from __future__ import annotations

import contextlib
import statistics
from dataclasses import dataclass

from chronik_perf.load.asking.filled import create, new_name
from chronik_perf.load.asking.log import ANSWER_S, PROBE_S, AskedLog, accepted
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import MeasurementFailed

DELETED = 25


@dataclass(frozen=True, slots=True)
class Deletion:
    """The median time in which one topic was deleted, and how many were, which is fewer where that took too long."""

    took_ms: float
    topics: int


def delete_topics(log: AskedLog) -> Deletion:
    """Make `DELETED` topics of one message each, and delete one after the other; none stays, unless that is refused.

    Raises MeasurementFailed where a topic is not made, not written to, or not deleted.
    """
    made: list[AskedLog] = []
    times_ms: list[float] = []
    with log.connect() as connection:
        try:
            give_up_ns = clock_ns() + PROBE_S * 1e9
            while len(made) < DELETED and clock_ns() < give_up_ns:
                made.append(AskedLog(new_name(log), 0, log.leader))
                create(made[-1])
                made[-1].store(connection, made[-1].message())
            give_up_ns = clock_ns() + PROBE_S * 1e9
            while made and clock_ns() < give_up_ns:
                asked_ns = clock_ns()
                _delete(connection, made[-1].topic)
                times_ms.append((clock_ns() - asked_ns) / 1e6)
                made.pop()
        finally:
            if made:
                with contextlib.suppress(MeasurementFailed):
                    _delete(connection, *(one.topic for one in made))
    return Deletion(statistics.median(times_ms), len(times_ms))


def _delete(connection: WireConnection, *names: str) -> None:
    body = protocol.delete_topics_body(names, int(ANSWER_S * 1e3))
    error = connection.ask(protocol.DELETE_TOPICS, body, responses.read_delete_topic, ANSWER_S)
    accepted(connection, protocol.DELETE_TOPICS, error)
