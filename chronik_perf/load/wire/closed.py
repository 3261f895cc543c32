"""The driver `wire` in a closed loop: one request in flight on each of many connections.

An epoll loop on raw sockets. The hot path compares a response with what success looks like and sends the next
encoded request; all else (errors, split responses, sends that did not fit) leaves it.
"""

from __future__ import annotations

import os
import select
from collections import Counter

from chronik_perf.load.driver import GRACE_S, Burst, clock_ns, gone, payloads, unanswered
from chronik_perf.load.histogram import Samples
from chronik_perf.load.wire.lines import Lines
from chronik_perf.load.wire.requests import TURNS
from chronik_perf.model import Workload

_BATCH = 4096


class WireClosed:
    """`in_flight` connections, each with at most one Produce request of one message in flight."""

    def __init__(self, workload: Workload, bootstrap: str, topic: str) -> None:
        self._workload = workload
        self._address = bootstrap
        self._lines = Lines(workload, bootstrap, topic, payloads(workload), select.EPOLLIN)

    def window(self, duration_s: float, max_bytes: int) -> Burst:
        """Give one window of load; see `Driver.window`."""
        most = max(1, max_bytes // self._workload.message_size_bytes)
        lines, poll, read, write = self._lines.by_fd, self._lines.epoll.poll, os.read, os.write
        latencies: list[int] = []
        samples = Samples()
        failures: Counter[str] = Counter()
        sent = acked = 0
        first = now = clock_ns()
        end = first + int(duration_s * 1e9)
        give_up = end + int(GRACE_S * 1e9)
        for line in lines.values():
            if sent == most:
                break
            line.sent_ns = clock_ns()
            line.send()
            sent += 1
        in_flight = sent
        while in_flight:
            events = poll(0.1)
            for fd, _ in events:
                line = lines[fd]
                ready = line.ready
                try:
                    response = read(fd, 4096)
                except OSError as error:
                    raise gone(line.address, error.strerror) from error
                now = clock_ns()
                if len(response) == ready.response_bytes and response.startswith(ready.good_start):
                    acked += 1
                    latencies.append(now - line.sent_ns)
                else:
                    error_text = line.outcome(response)
                    now = clock_ns()
                    if error_text is None:
                        acked += 1
                        latencies.append(now - line.sent_ns)
                    else:
                        failures[error_text] += 1
                line.turn = turn = (line.turn + 1) % TURNS
                line.ready = ready = line.requests[turn]
                if now < end and sent < most:
                    sent += 1
                    line.sent_ns = now
                    try:
                        taken = write(fd, ready.request)
                    except BlockingIOError:
                        taken = 0
                    except OSError as error:
                        raise gone(line.address, error.strerror) from error
                    if taken != ready.request_bytes:
                        line.send_from(taken)
                else:
                    in_flight -= 1
            if len(latencies) >= _BATCH:
                samples.add(latencies)
                latencies = []
            if not events and clock_ns() > give_up:
                raise unanswered(self._address, in_flight, sent)
        samples.add(latencies)
        return Burst(first, now, sent, acked, failures, samples)
