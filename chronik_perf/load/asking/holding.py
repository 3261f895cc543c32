"""Many consumers that wait for messages: what they cost while none come, and how soon all have one that does."""

from __future__ import annotations

import contextlib
import select
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from chronik_perf.load.asking.log import PROBE_S, SETTLE_S, AskedLog, answer_to
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses
from chronik_perf.model import Measured, Unavailable

FETCHES = 20
# Long enough for what a broker does once a second to be in each of them.
HELD_S = 1.0
# Before the time that counts, for the fetches to be read, and after it.
_AROUND_S = 0.05
FAN_OUT_ROUNDS, FAN_OUT_WAIT_MS = 10, 1000
EARLY_WAIT_MS = 200
# Shorter than brokers are given to stop, and for a broker that lets it have its time before that a long one.
CONSUMER_WAIT_MS = 1500
COME_AND_GO = 50
# Each leaves a port that cannot be used again for a minute.
MOST_COMING, COMING_S = 2000, 1.0
TOO_BUSY = Unavailable("the machine was too busy for it to be told what is early")

T = TypeVar("T")


def consume(log: AskedLog, look: Callable[[], T]) -> tuple[T, T]:
    """Let `FETCHES` consumers wait at the log's end, and look twice meanwhile, `HELD_S` apart.

    One that has an answer before its time asks again at once, as consumers do. Raises MeasurementFailed where a
    connection or an answer fails.
    """
    with contextlib.ExitStack() as stack:
        consumers = [stack.enter_context(log.connect()) for _ in range(FETCHES)]
        poll = log.poll(log.end(consumers[0]), int((HELD_S + 2 * _AROUND_S) * 1e3))
        waiting = {one.socket: (one, one.send(poll)[0]) for one in consumers}

        def keep_asking(for_s: float) -> None:
            ends_s = time.monotonic() + for_s
            while (left_s := ends_s - time.monotonic()) > 0:
                for early in select.select(list(waiting), [], [], left_s)[0]:
                    one, sent = waiting[early]
                    answer_to(one, protocol.FETCH, sent, responses.read_fetch)
                    waiting[early] = one, one.send(poll)[0]

        keep_asking(_AROUND_S)
        before = look()
        keep_asking(HELD_S)
        return before, look()


def early_fetches(log: AskedLog) -> Measured:
    """Count which of `FETCHES` that are to wait at the log's end have an empty answer long before their time.

    Unavailable where this process was itself held up, so that all of them had their time.
    """
    with contextlib.ExitStack() as stack:
        consumers = [stack.enter_context(log.connect()) for _ in range(FETCHES)]
        end = log.end(consumers[0])
        asked_ns = clock_ns()
        polls = [one.send(log.poll(end, EARLY_WAIT_MS))[0] for one in consumers]
        time.sleep(EARLY_WAIT_MS / 2e3)
        answered = set(select.select([one.socket for one in consumers], [], [], 0)[0])
        late = clock_ns() - asked_ns > EARLY_WAIT_MS * 1e6
        early = 0
        for one, poll in zip(consumers, polls, strict=True):
            batches = answer_to(one, protocol.FETCH, poll, responses.read_fetch)
            early += one.socket in answered and not batches
    return TOO_BUSY if late else float(early)


@contextlib.contextmanager
def waiting_consumer(log: AskedLog) -> Iterator[None]:
    """Let a connection wait at the log's end while the block runs; its answer is not awaited.

    Raises MeasurementFailed where the connection or its first questions fail.
    """
    with log.connect() as connection:
        connection.send(log.poll(log.end(connection), CONSUMER_WAIT_MS))
        time.sleep(SETTLE_S)
        yield


def come_and_go(log: AskedLog) -> None:
    """Let `COME_AND_GO` connections be open at once, each with an answer, and close them."""
    with contextlib.ExitStack() as stack:
        for _ in range(COME_AND_GO):
            stack.enter_context(log.connect())


def keep_coming(log: AskedLog, most: int) -> int:
    """Let connections come and go for `COMING_S`, `most` of them at most; give how many came."""
    came, give_up_ns = 0, clock_ns() + COMING_S * 1e9
    while came < most and clock_ns() < give_up_ns:
        with contextlib.ExitStack() as stack:
            for _ in range(min(COME_AND_GO, most - came)):
                stack.enter_context(log.connect())
                came += 1
                if clock_ns() > give_up_ns:
                    break
    return came


def fan_out_ms(log: AskedLog) -> Measured:
    """Give the median time from sending a message until all of `FETCHES` connections that wait for it have it."""
    times_ms = []
    give_up_ns = clock_ns() + PROBE_S * 1e9
    with contextlib.ExitStack() as stack:
        consumers = [stack.enter_context(log.connect()) for _ in range(FETCHES)]
        producing = stack.enter_context(log.connect())
        for _ in range(FAN_OUT_ROUNDS):
            if clock_ns() > give_up_ns:
                break
            end = log.end(producing)
            polls = [one.send(log.poll(end, FAN_OUT_WAIT_MS))[0] for one in consumers]
            time.sleep(SETTLE_S)
            sent_ns = clock_ns()
            (message,) = producing.send(log.message())
            came = [
                answer_to(one, protocol.FETCH, poll, responses.read_fetch)
                for one, poll in zip(consumers, polls, strict=True)
            ]
            took_ms = (clock_ns() - sent_ns) / 1e6
            answer_to(producing, protocol.PRODUCE, message, responses.read_produce)
            if all(came):
                times_ms.append(took_ms)
    return (
        statistics.median(times_ms) if times_ms else Unavailable("not all that waited had what was produced")
    )
