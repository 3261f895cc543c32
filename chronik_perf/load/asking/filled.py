"""A topic with the same content on every broker: what reading takes must not follow from how a load was batched."""

from __future__ import annotations

import secrets

from chronik_perf.load.asking.log import PROBE_S, AskedLog, acknowledge
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import topics

# Written so many at once: a batch's commit is not waited for one by one.
AT_ONCE, BATCH_BYTES = 100, 2000
BURSTS = 20


def filled(log: AskedLog) -> AskedLog:
    """Make a topic beside another, and `fill` it; it stays. Raises MeasurementFailed if it makes none, or refuses."""
    name = new_name(log)
    create(AskedLog(name, 0, log.leader))
    with log.connect() as connection:
        own = AskedLog(name, 0, topics.leaders(connection, name)[0])
    fill(own, BURSTS)
    return own


def fill(log: AskedLog, bursts: int, acks: int = 1) -> int:
    """Write record batches of one message, a hundred to a burst; give the bytes of messages that were acknowledged.

    A broker too slow for all of it in bounded time has fewer. Raises MeasurementFailed if it refuses one.
    """
    request = log.message(bytes(BATCH_BYTES), acks)
    give_up_ns = clock_ns() + PROBE_S * 1e9
    stored = 0
    with log.connect() as connection:
        for _ in range(bursts):
            connection.send(*[request] * AT_ONCE)
            for _ in range(AT_ONCE):
                if clock_ns() > give_up_ns:
                    return stored * BATCH_BYTES
                acknowledge(connection)
                stored += 1
    return stored * BATCH_BYTES


def filled_bytes(bursts: int) -> int:
    """Give the bytes of messages in so many bursts."""
    return bursts * AT_ONCE * BATCH_BYTES


def new_name(log: AskedLog) -> str:
    """Give a topic's name that nobody has."""
    return f"{log.topic}-{secrets.token_hex(8)}"


def create(log: AskedLog) -> None:
    """Make the topic of a log, of one partition. Raises MeasurementFailed as `topics.create` does."""
    topics.create(log.address, log.topic, 1, PROBE_S)
