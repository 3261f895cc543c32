"""One window, from the offsets before it to the offsets after it, in one burst or in several."""

from __future__ import annotations

import time
from collections import Counter

from chronik_perf.load.catching_up import CountedLog
from chronik_perf.load.driver import Burst, Driver
from chronik_perf.load.histogram import Samples, latency
from chronik_perf.model import Latency, LoadWindow, Workload

_MOST_ERRORS = 5


def measure(
    driver: Driver, log: CountedLog, workload: Workload, duration_s: float, max_bytes: int
) -> LoadWindow:
    """Give one window of load and count what the log gained; see `OpenWindow`."""
    window = OpenWindow(driver, log, workload)
    window.burst(duration_s, max_bytes)
    return window.close()


class OpenWindow:
    """A window of one burst of load or of several, with nothing in flight between them.

    Offsets are read when it is opened and when it is closed, outside of all bursts. For acks=0 a burst ends when the
    log end offset has caught up with what was sent; if that never happens, it ends at the last growth that was seen,
    and `errors` says so.
    """

    def __init__(self, driver: Driver, log: CountedLog, workload: Workload) -> None:
        self._driver, self._log, self._workload = driver, log, workload
        self._before = log.total()
        self._bursts: list[Burst] = []
        self._last_ns = 0
        self._paused_ns = 0
        self._cpu_s = 0.0
        self._lags: list[str] = []

    def burst(self, duration_s: float, max_bytes: int) -> None:
        """Give load and come back when all of it is answered."""
        cpu_before = time.process_time()
        burst = self._driver.window(duration_s, max_bytes)
        if self._bursts:
            self._paused_ns += burst.first_send_ns - self._last_ns
        self._bursts.append(burst)
        self._last_ns = burst.last_ack_ns
        if self._workload.acks == 0:
            acked = sum(b.acked for b in self._bursts)
            self._last_ns, lag = self._log.caught_up(self._before, acked, burst.last_ack_ns)
            self._lags += [] if lag is None else [lag]
        self._cpu_s += time.process_time() - cpu_before

    def close(self) -> LoadWindow:
        """Read the offsets once more and give all bursts as one window."""
        bursts = self._bursts
        acked = sum(b.acked for b in bursts)
        # At acks=0 nothing is acknowledged, and each burst has waited already.
        stored = self._log.shown(self._before, acked if self._workload.acks else 0)
        failures = sum((b.failures for b in bursts), Counter[str]())
        errors = [
            f"{n} message{'s' * (n != 1)} failed: {words}" for words, n in failures.most_common(_MOST_ERRORS)
        ]
        errors += self._lags
        if unsent := sum(b.unsent for b in bursts):
            errors.append(
                f"{unsent} messages were due and never sent, because all {self._workload.in_flight} connections "
                "were busy"
            )
        response, service = (
            _latency([s for s in samples if s is not None], acked, errors)
            for samples in ([b.response for b in bursts], [b.service for b in bursts])
        )
        return LoadWindow(
            first_send_ns=bursts[0].first_send_ns,
            last_ack_ns=self._last_ns,
            sent=sum(b.sent for b in bursts),
            acked=acked,
            failed=failures.total(),
            stored=stored,
            generator_cpu_s=self._cpu_s,
            response=response,
            service=service,
            errors=tuple(errors),
            paused_s=self._paused_ns / 1e9,
        )


def _latency(samples: list[Samples], acked: int, errors: list[str]) -> Latency | None:
    if not samples or acked == 0:
        return None
    counts: Counter[int] = Counter()
    for one in samples:
        counts.update(one.counts())
    result, words = latency(counts, acked)
    errors.extend(words)
    return result
