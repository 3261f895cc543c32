"""How a broker takes what no load sends: acks=all, large and compressed batches, many partitions, new producers.

And a message after a pause, in which a broker may have gone to sleep.
"""

from __future__ import annotations

import os
import statistics
import time

from chronik_perf.load.asking.filled import new_name
from chronik_perf.load.asking.log import (
    ALL_REPLICAS,
    ANSWER_S,
    PROBE_S,
    AskedLog,
    accepted,
    acknowledge,
    median_ms,
    now_ms,
    strange,
)
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses, topics
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import Measured, Unavailable

# Brokers take a batch of 1 MiB by default, its header and the request around it included.
LARGE_BYTES = 900_000
LARGE_ROUNDS = 7
PARTITIONS, PARTITIONS_ROUNDS = 64, 40
PRODUCERS, REPEATED = 20, 10
SPREAD_OVER, SPREAD_ROUNDS = 20, 10
ALL_REPLICAS_ROUNDS = 20
# Whoever sleeps longer and longer while nothing comes sleeps long by then, and is not always at the same point of it.
PAUSES_S = (0.13, 0.143, 0.157, 0.171, 0.186, 0.2)


def acks_all_ms(log: AskedLog) -> float:
    """Give the median time until a small message with acks=all is acknowledged, one at a time."""
    message = log.message(acks=ALL_REPLICAS)
    with log.connect() as connection:
        return median_ms(ALL_REPLICAS_ROUNDS, lambda _: log.store(connection, message))


def after_pause_ms(log: AskedLog) -> float:
    """Give the mean time until a small message is acknowledged that comes when nothing has come for a while.

    The quickest and the slowest do not count: a disk may have been busy.
    """
    times_ms: list[float] = []
    give_up_ns = clock_ns() + PROBE_S * 1e9
    with log.connect() as connection:
        for pause_s in PAUSES_S:
            if clock_ns() > give_up_ns:
                break
            time.sleep(pause_s)
            asked_ns = clock_ns()
            log.store(connection, log.message())
            times_ms.append((clock_ns() - asked_ns) / 1e6)
    return statistics.fmean(sorted(times_ms)[1:-1] or times_ms)


def large_batch_ms(log: AskedLog) -> float:
    """Give the median time until a large record batch is acknowledged, one at a time, acks=1."""
    message = log.message(bytes(LARGE_BYTES))
    with log.connect() as connection:
        return median_ms(LARGE_ROUNDS, lambda _: log.store(connection, message))


def compressed_batch_ms(log: AskedLog) -> float:
    """Give the median time until a batch of `LARGE_BYTES` that gzip halves is acknowledged, one at a time, acks=1."""
    text = os.urandom(LARGE_BYTES // 2).hex().encode()
    message = log.batch(protocol.record_batch(text, now_ms(), zipped=True))
    with log.connect() as connection:
        return median_ms(LARGE_ROUNDS, lambda _: log.store(connection, message))


def idempotent_ms(log: AskedLog) -> float:
    """Give the median time until a new idempotent producer has its id and its first message is acknowledged."""
    with log.connect() as connection:
        return median_ms(PRODUCERS, lambda _: log.store(connection, _first_of_a_producer(log, connection)))


def stored_again(log: AskedLog) -> Measured:
    """Count how many of `REPEATED` messages of idempotent producers, each sent twice, are in the log twice."""
    give_up_ns = clock_ns() + PROBE_S * 1e9
    begin = None
    with log.connect() as connection:
        for done in range(REPEATED):
            if clock_ns() > give_up_ns:
                return Unavailable(f"{done} of {REPEATED} messages took {PROBE_S:g} s")
            key, body = _first_of_a_producer(log, connection)
            error, offset = connection.ask(key, body, responses.read_produce, ANSWER_S)
            accepted(connection, key, error)
            # A log's end may lag behind what was acknowledged before.
            begin = offset if begin is None else begin
            error, _ = connection.ask(key, body, responses.read_produce, ANSWER_S)
            if error != protocol.DUPLICATE_SEQUENCE:  # a broker may say so, or give the offset that it had
                accepted(connection, key, error)
        return float(max(0, log.end(connection) - (begin or 0) - REPEATED))


def _first_of_a_producer(log: AskedLog, connection: WireConnection) -> tuple[int, bytes]:
    """Have an id given to a new idempotent producer, and give the request for its first message."""
    body = protocol.init_producer_id_body(int(ANSWER_S * 1e3))
    error, producer = connection.ask(
        protocol.INIT_PRODUCER_ID, body, responses.read_init_producer_id, ANSWER_S
    )
    accepted(connection, protocol.INIT_PRODUCER_ID, error)
    return log.batch(protocol.record_batch(protocol.CLIENT_ID, now_ms(), producer=producer))


def many_partitions_ms(log: AskedLog) -> Measured:
    """Give the median time until a message is acknowledged, each to another partition of a new topic, in turn.

    The topic is left behind. Unavailable where other brokers lead some of its partitions.
    """
    with log.connect() as connection:
        logs = _partitions_of_a_new_topic(log, connection, PARTITIONS)
        if isinstance(logs, Unavailable):
            return logs
        messages = [one.message() for one in logs]
        # What a partition's first message costs is told by `first_message`.
        connection.send(*messages)
        for _ in messages:
            acknowledge(connection)
        return median_ms(PARTITIONS_ROUNDS, lambda n: logs[n].store(connection, messages[n]))


def spread_produce_ms(log: AskedLog) -> Measured:
    """Give the median time until a Produce is answered that has a message for each partition of a new topic.

    The topic, of `SPREAD_OVER`, is left behind. Unavailable where other brokers lead some of its partitions.
    """
    with log.connect() as connection:
        logs = _partitions_of_a_new_topic(log, connection, SPREAD_OVER)
        if isinstance(logs, Unavailable):
            return logs
        batch = protocol.record_batch(protocol.CLIENT_ID, now_ms())
        partitions, timeout_ms = [one.partition for one in logs], int(ANSWER_S * 1e3)
        body = protocol.spread_produce_body(logs[0].topic, partitions, 1, timeout_ms, batch)

        def store() -> None:
            errors = connection.ask(protocol.PRODUCE, body, responses.read_spread_produce, ANSWER_S)
            if len(errors) != len(partitions):
                raise strange(connection)
            for error in errors:
                accepted(connection, protocol.PRODUCE, error)

        store()
        return median_ms(SPREAD_ROUNDS, lambda _: store())


def _partitions_of_a_new_topic(
    log: AskedLog, connection: WireConnection, partitions: int
) -> list[AskedLog] | Unavailable:
    name = new_name(log)
    topics.create(log.address, name, partitions, PROBE_S)
    led = topics.leaders(connection, name)
    if set(led.values()) != {log.leader}:
        return Unavailable("other brokers lead some of the partitions of a new topic")
    return [AskedLog(name, partition, log.leader) for partition in led]
