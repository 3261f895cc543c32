"""What a request waits for that is nothing to it: another client's poll, or being woken when its messages are there."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from chronik_perf.load.asking.log import ANSWER_S, FETCH_BYTES, PROBE_S, SETTLE_S, AskedLog, answer_to
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, records, responses
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import Measured, Unavailable

SLOW_ROUNDS = 5
DELIVERY_ROUNDS = 10
SLOW_WAIT_MS = 100
READER_ROUNDS, READER_FETCHES = 10, 8
DELIVERY_WAIT_MS = 1000


def beside_slow_ms(log: AskedLog) -> Measured:
    """Give the median response time of ApiVersions while another connection waits in a Fetch at the log's end.

    That Fetch is answered after `SLOW_WAIT_MS`: it is about that where replies of one connection wait for another's.
    """
    return _beside_slow_ms(
        log, lambda quick: quick.ask(protocol.API_VERSIONS, b"", responses.read_api_versions, ANSWER_S)
    )


def produce_beside_ms(log: AskedLog) -> Measured:
    """Give the median time until a message is acknowledged (acks=1) while another connection waits in a Fetch."""
    return _beside_slow_ms(log, lambda quick: log.store(quick, log.message()))


def beside_reader_ms(log: AskedLog) -> float:
    """Give the median time until a message is acknowledged (acks=1) while another connection reads back the log.

    That one asks for the log's first MB several times in one piece, just before.
    """

    def ask(reader: WireConnection, quick: WireConnection, begin: int) -> float:
        sent = reader.send(*[log.poll(begin, 0)] * READER_FETCHES)
        asked_ns = clock_ns()
        log.store(quick, log.message())
        took_ms = (clock_ns() - asked_ns) / 1e6
        for one in sent:
            answer_to(reader, protocol.FETCH, one, responses.read_fetch)
        return took_ms

    give_up_ns = clock_ns() + PROBE_S * 1e9
    with log.connect() as reader, log.connect() as quick:
        begin = log.begin(quick)
        times_ms = [ask(reader, quick, begin)]
        while len(times_ms) < READER_ROUNDS and clock_ns() < give_up_ns:
            times_ms.append(ask(reader, quick, begin))
    return statistics.median(times_ms)


def _beside_slow_ms(log: AskedLog, ask: Callable[[WireConnection], object]) -> Measured:
    times_ms = []
    give_up_ns = clock_ns() + PROBE_S * 1e9
    with log.connect() as slow, log.connect() as quick:
        for _ in range(SLOW_ROUNDS):
            if clock_ns() > give_up_ns:
                break
            # What is produced beside it is too little for the Fetch to be answered before its time.
            poll_request = log.poll(log.end(quick), SLOW_WAIT_MS, least_bytes=FETCH_BYTES)
            polled_ns = clock_ns()
            (poll,) = slow.send(poll_request)
            time.sleep(SETTLE_S)
            asked_ns = clock_ns()
            ask(quick)
            took_ms = (clock_ns() - asked_ns) / 1e6
            answer_to(slow, protocol.FETCH, poll, responses.read_fetch)
            # Beside a Fetch that was answered at once, nothing had to wait.
            if clock_ns() - polled_ns > SLOW_WAIT_MS * 1e6 / 2:
                times_ms.append(took_ms)
    return statistics.median(times_ms) if times_ms else Unavailable("a Fetch at the log's end did not wait")


def delivery_ms(log: AskedLog) -> Measured:
    """Give the median time from sending a Produce (acks=1) until the Fetch that waits for it has its answer.

    A wait that ended without counts with the whole `DELIVERY_WAIT_MS`.
    """
    times_ms = []
    delivered = False
    give_up_ns = clock_ns() + PROBE_S * 1e9
    with log.connect() as waiting, log.connect() as producing:
        for _ in range(DELIVERY_ROUNDS):
            if clock_ns() > give_up_ns:
                break
            # Asked for anew, as a broker may have stored the last message twice, or not at all.
            (poll,) = waiting.send(log.poll(log.end(producing), DELIVERY_WAIT_MS))
            time.sleep(SETTLE_S)
            sent_ns = clock_ns()
            (message,) = producing.send(log.message())
            batches = answer_to(waiting, protocol.FETCH, poll, responses.read_fetch)
            took_ms = (clock_ns() - sent_ns) / 1e6
            offset = answer_to(producing, protocol.PRODUCE, message, responses.read_produce)
            if not batches:
                times_ms.append(max(took_ms, DELIVERY_WAIT_MS))
            elif waiting.understood(protocol.FETCH, batches, records.first_offset) == offset:
                times_ms.append(took_ms)
                delivered = True
            # What is neither is somebody else's message, or one from before.
    if not delivered:
        return Unavailable("a waiting Fetch was not answered with what was produced")
    return statistics.median(times_ms)
