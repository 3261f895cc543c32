"""One window, from the offsets before it to the offsets after it."""

from __future__ import annotations

import time

from chronik_perf.load.driver import Burst, Driver, clock_ns
from chronik_perf.load.histogram import Samples, latency
from chronik_perf.load.topics import Offsets
from chronik_perf.model import Latency, LoadWindow, Workload

_LOOK_S = 0.0003
_STANDSTILL_S = 5.0
_MOST_ERRORS = 5


def measure(
    driver: Driver, offsets: Offsets, workload: Workload, duration_s: float, max_bytes: int
) -> LoadWindow:
    """Give one window of load and count what the log gained.

    For acks=0 the window ends when the log end offset has caught up with what was sent; if that never
    happens, it ends at the last growth that was seen, and `errors` says so. Otherwise offsets are read outside
    the window.
    """
    before = offsets.total()
    cpu_before = time.process_time()
    burst = driver.window(duration_s, max_bytes)
    last_ns, lag = burst.last_ack_ns, None
    if workload.acks == 0:
        last_ns, lag = _caught_up(offsets, before, burst)
    cpu_s = time.process_time() - cpu_before
    stored = offsets.total() - before
    errors = [f"{n} messages failed: {words}" for words, n in burst.failures.most_common(_MOST_ERRORS)]
    if lag is not None:
        errors.append(lag)
    if burst.unsent:
        errors.append(
            f"{burst.unsent} messages were due and never sent, because all {workload.in_flight} connections "
            "were busy"
        )
    response, service = (_latency(s, burst.acked, errors) for s in (burst.response, burst.service))
    return LoadWindow(
        first_send_ns=burst.first_send_ns,
        last_ack_ns=last_ns,
        sent=burst.sent,
        acked=burst.acked,
        failed=burst.failed,
        stored=stored,
        generator_cpu_s=cpu_s,
        response=response,
        service=service,
        errors=tuple(errors),
    )


def _caught_up(offsets: Offsets, before: int, burst: Burst) -> tuple[int, str | None]:
    seen, seen_ns = 0, burst.last_ack_ns
    while True:
        stored = offsets.total() - before
        now = clock_ns()
        if stored >= burst.acked:
            return now, None
        if stored > seen:
            seen, seen_ns = stored, now
        elif now - seen_ns > _STANDSTILL_S * 1e9:
            return seen_ns, (
                f"the log end offset stopped {burst.acked - stored} messages short of the {burst.acked} "
                f"that were sent, and did not move for {_STANDSTILL_S:g} s"
            )
        # Each look costs the broker a request; a third of a millisecond is little of a window.
        time.sleep(_LOOK_S)


def _latency(samples: Samples | None, acked: int, errors: list[str]) -> Latency | None:
    if samples is None or acked == 0:
        return None
    result, words = latency(samples.counts(), acked)
    errors.extend(words)
    return result
