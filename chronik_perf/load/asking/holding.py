"""Many consumers that wait for messages: what they cost while none come, and how soon all have one that does."""

from __future__ import annotations

import contextlib
import select
import statistics
import time
from collections.abc import Iterator

from chronik_perf.load.asking.log import PROBE_S, SETTLE_S, AskedLog, answer_to
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, responses
from chronik_perf.model import Measured, MeasurementFailed, Unavailable

FETCHES = 20
# Long enough for what a broker does once a second to be in each of them.
HELD_S = 1.0
# Before and after the time that counts, for the fetches to be read and for whatever wakes too early.
_AROUND_S = 0.05
FAN_OUT_ROUNDS, FAN_OUT_WAIT_MS = 10, 1000
COME_AND_GO = 50
# Each leaves a port that cannot be used again for a minute.
MOST_COMING, COMING_S = 2000, 1.0


@contextlib.contextmanager
def held_fetches(log: AskedLog) -> Iterator[None]:
    """Let `FETCHES` connections wait at the log's end while the block runs, which may take `HELD_S`.

    Raises MeasurementFailed where a connection or an answer fails, and where a fetch was answered before its time.
    """
    wait_ms = int((HELD_S + 2 * _AROUND_S) * 1e3)
    with contextlib.ExitStack() as stack:
        consumers = [stack.enter_context(log.connect()) for _ in range(FETCHES)]
        end = log.end(consumers[0])
        polls = [one.send(log.poll(end, wait_ms))[0] for one in consumers]
        time.sleep(_AROUND_S)
        yield
        if select.select([one.socket for one in consumers], [], [], 0)[0]:
            raise MeasurementFailed("a Fetch at the log's end did not wait")
        for one, poll in zip(consumers, polls, strict=True):
            answer_to(one, protocol.FETCH, poll, responses.read_fetch)


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
