"""Consumers that wait for messages, of which none come: what they cost a broker that has nothing to do."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Iterator

from chronik_perf.load.asking.log import AskedLog, answer_to
from chronik_perf.load.wire import protocol, responses
from chronik_perf.model import MeasurementFailed

FETCHES = 20
# Long enough for what a broker does once a second to be in each of them.
HELD_S = 1.0
# Before and after the time that counts, for the fetches to be read and for whatever wakes too early.
_AROUND_S = 0.05


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
