"""The driver `wire` with acks=0: many connections, each written to whenever its socket takes a request."""

from __future__ import annotations

import select

from chronik_perf.load.driver import Burst, clock_ns, gone, payloads
from chronik_perf.load.wire.lines import Lines
from chronik_perf.model import Workload


class WireUnacked:
    """`in_flight` connections that await no answer. The sockets' own flow control is the only brake."""

    def __init__(self, workload: Workload, bootstrap: str, topic: str) -> None:
        self._workload = workload
        self._lines = Lines(workload, bootstrap, topic, payloads(workload), select.EPOLLOUT)

    def window(self, duration_s: float, max_bytes: int) -> Burst:
        """Send until time or bytes are up; what is still on its way then shows in the log end offsets."""
        most = max(1, max_bytes // self._workload.message_size_bytes)
        sent = 0
        first = now = clock_ns()
        end = first + int(duration_s * 1e9)
        while now < end and sent < most:
            for fd, event in self._lines.epoll.poll(0.01):
                line = self._lines.by_fd[fd]
                if event & (select.EPOLLHUP | select.EPOLLERR):
                    raise gone(line.address, "it closed the connection")
                line.send()
                line.advance()
                sent += 1
                now = clock_ns()
                if now >= end or sent == most:
                    break
            now = clock_ns()
        return Burst(first, now, sent, sent)
