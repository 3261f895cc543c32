"""The driver `wire` in an open loop: messages are due on a schedule, whatever the broker does.

A closed loop sends less when the broker is slow, and so hides the waiting that users would have had
(coordinated omission). Here each message has a due time; where all connections are busy it is sent late, and
its response time still counts from when it was due. The service time, from the actual send, stands beside it.
"""

from __future__ import annotations

import os
import select
from collections import Counter

from chronik_perf.load.driver import GRACE_S, Burst, clock_ns, gone, payloads, unanswered
from chronik_perf.load.histogram import Samples
from chronik_perf.load.wire.lines import Line, Lines
from chronik_perf.model import BadInput, Workload

_BATCH = 4096


class WireOpen:
    """`rate_msgs_per_s` over at most `in_flight` connections, evenly spaced."""

    def __init__(self, workload: Workload, bootstrap: str, topic: str) -> None:
        if not workload.rate_msgs_per_s or workload.rate_msgs_per_s <= 0:
            raise BadInput("an open loop needs a rate above 0 messages a second")
        self._workload = workload
        self._address = bootstrap
        self._rate = workload.rate_msgs_per_s
        self._lines = Lines(workload, bootstrap, topic, payloads(workload), select.EPOLLIN)

    def window(self, duration_s: float, max_bytes: int) -> Burst:
        """Give one window of load; see `Driver.window`. What was due and never sent is in `unsent`."""
        most = max(1, max_bytes // self._workload.message_size_bytes)
        scheduled = due_in_all = max(1, min(most, int(self._rate * duration_s)))
        step_ns = 1e9 / self._rate
        lines, epoll = self._lines.by_fd, self._lines.epoll
        free: list[Line] = list(lines.values())
        response, service = Samples(), Samples()
        from_due: list[int] = []
        from_send: list[int] = []
        failures: Counter[str] = Counter()
        sent = acked = 0
        first = last = now = clock_ns()
        end = first + int(duration_s * 1e9)
        give_up = end + int(GRACE_S * 1e9)
        while True:
            while free and sent < due_in_all:
                due = first + int(sent * step_ns)
                if due > now:
                    break
                line = free.pop()
                line.due_ns, line.sent_ns = due, now
                line.send()
                sent += 1
                now = clock_ns()
            if now >= end and not free:
                due_in_all = sent  # time is up, and what is due has no connection to go out on
            sending = sent < due_in_all
            if not sending and len(free) == len(lines):
                break
            self._wait((first + int(sent * step_ns) - now) / 1e9 if sending and free else 0.1)
            for fd, _ in epoll.poll(0):
                line = lines[fd]
                try:
                    answer = os.read(fd, 4096)
                except OSError as error:
                    raise gone(line.address, error.strerror) from error
                error_text = line.outcome(answer)
                last = clock_ns()
                if error_text is None:
                    acked += 1
                    from_due.append(last - line.due_ns)
                    from_send.append(last - line.sent_ns)
                else:
                    failures[error_text] += 1
                line.advance()
                free.append(line)
            if len(from_due) >= _BATCH:
                response.add(from_due)
                service.add(from_send)
                from_due, from_send = [], []
            now = clock_ns()
            if now > give_up:
                raise unanswered(self._address, len(lines) - len(free), sent)
        response.add(from_due)
        service.add(from_send)
        return Burst(first, last, sent, acked, failures, response, service, unsent=scheduled - sent)

    def _wait(self, timeout_s: float) -> None:
        # epoll waits in whole milliseconds; select on the epoll waits in microseconds, as a schedule needs.
        if timeout_s > 0:
            select.select([self._lines.epoll], [], [], min(timeout_s, 0.1))
