"""The wire drivers' connections: many sockets in one epoll, and what leaves the hot path."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from dataclasses import dataclass

from chronik_perf.load.driver import GRACE_S, gone
from chronik_perf.load.wire import protocol
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.load.wire.requests import TURNS, Ready, encode, explain
from chronik_perf.load.wire.topics import WireOffsets
from chronik_perf.model import Workload


@dataclass(slots=True)
class Line:
    """One connection. `ready` is its request in flight or the next one; times are CLOCK_MONOTONIC ns."""

    socket: socket.socket
    address: str
    requests: list[Ready]
    ready: Ready
    turn: int = 0
    sent_ns: int = 0
    due_ns: int = 0

    def advance(self) -> None:
        """Make the next request the ready one."""
        self.turn = (self.turn + 1) % TURNS
        self.ready = self.requests[self.turn]

    def send(self) -> None:
        """Send the ready request; MeasurementFailed if the connection is gone or takes nothing."""
        try:
            sent = self.socket.send(self.ready.request)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            raise gone(self.address, error.strerror) from error
        if sent < self.ready.request_bytes:
            self.send_from(sent)

    def send_from(self, sent: int) -> None:
        """Send what a socket buffer has not taken at once."""
        rest = memoryview(self.ready.request)[sent:]
        deadline = time.monotonic() + GRACE_S
        while rest:
            self._wait(select.POLLOUT, deadline, "it does not take a whole request")
            with contextlib.suppress(BlockingIOError):
                try:
                    rest = rest[self.socket.send(rest) :]
                except BlockingIOError:
                    raise
                except OSError as error:
                    raise gone(self.address, error.strerror) from error

    def outcome(self, response: bytes) -> str | None:
        """Read the rest of a response and say its error, or None if it is a success after all.

        Raises MeasurementFailed if the connection is closed or the response is no answer to the request.
        """
        deadline = time.monotonic() + GRACE_S
        while len(response) < 4 or len(response) < 4 + int.from_bytes(response[:4], "big"):
            if not response:
                raise gone(self.address, "it closed the connection")
            self._wait(select.POLLIN, deadline, "it sent half a response")
            try:
                more = self.socket.recv(65536)
            except BlockingIOError:
                continue
            except OSError as error:
                raise gone(self.address, error.strerror) from error
            if not more:
                raise gone(self.address, "it closed the connection")
            response += more
        if len(response) == self.ready.response_bytes and response.startswith(self.ready.good_start):
            return None
        return explain(self.ready, response, self.address)

    def _wait(self, event: int, deadline: float, otherwise: str) -> None:
        poll = select.poll()
        poll.register(self.socket, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1e3):
            raise gone(self.address, f"{otherwise} within {GRACE_S:g} s")


class Lines:
    """`in_flight` connections, round-robin over the partitions, each to the leader of its partition."""

    def __init__(
        self, workload: Workload, bootstrap: str, topic: str, values: list[bytes], events: int
    ) -> None:
        offsets = WireOffsets(bootstrap, topic)
        offsets.close()
        partitions = sorted(offsets.leaders)
        self.epoll = select.epoll()
        self.by_fd: dict[int, Line] = {}
        for i in range(workload.in_flight):
            partition = partitions[i % len(partitions)]
            connection = WireConnection(*offsets.leaders[partition])
            version = connection.version(protocol.PRODUCE)
            requests = encode(workload, topic, partition, version, i, values)
            raw = connection.socket
            raw.setblocking(False)
            self.epoll.register(raw.fileno(), events)
            self.by_fd[raw.fileno()] = Line(raw, connection.address, requests, requests[0])
