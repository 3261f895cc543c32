"""A load whose every turn is the same: bursts of produce requests on one connection, each written in one piece.

How a broker groups what arrives decides how much work a message is. On many connections, that is up to the kernel and
differs from run to run. A burst arrives together, is answered together, and only then comes the next: no two runs
differ in what a turn of the broker held. It serves counting, not timing: the caller's thread gives it.
"""

from __future__ import annotations

import time

from chronik_perf.load.driver import GRACE_S, gone, unanswered
from chronik_perf.load.wire import protocol
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.load.wire.requests import TURNS, Ready, encode, explain
from chronik_perf.load.wire.topics import WireOffsets
from chronik_perf.model import MeasurementFailed, Workload


class Bursts:
    """One connection to the leader of a topic's first partition, `burst` requests of one message in flight or none."""

    def __init__(
        self, workload: Workload, bootstrap: str, topic: str, burst: int, values: list[bytes]
    ) -> None:
        """Connect and encode. The message values are the caller's, so that every run can have the same.

        Raises MeasurementFailed if the broker does not answer or speaks no version of Produce that is known here.
        """
        offsets = WireOffsets(bootstrap, topic)
        offsets.close()
        partition, address = next(iter(offsets.leaders.items()))
        self._connection = WireConnection(*address)
        try:
            version = self._connection.version(protocol.PRODUCE)
            # Each request of a burst has a correlation id of its own, so that no answer passes for another's.
            groups = (
                encode(workload, topic, partition, version, i, values) for i in range(-(-burst // TURNS))
            )
            self._ready: list[Ready] = [ready for group in groups for ready in group][:burst]
        except BaseException:
            self._connection.close()
            raise

    def give(self, messages: int) -> float:
        """Send so many messages, the last burst being shorter where they do not divide; seconds until the last answer.

        Raises MeasurementFailed if the broker refuses a message, goes away, or leaves one unanswered.
        """
        begun = time.monotonic()
        left = messages
        while left > 0:
            burst = self._ready[:left]
            self._burst(burst)
            left -= len(burst)
        return time.monotonic() - begun

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _burst(self, burst: list[Ready]) -> None:
        raw = self._connection.socket
        address = self._connection.address
        deadline = time.monotonic() + GRACE_S
        answered = 0
        data = b""
        try:
            raw.settimeout(GRACE_S)
            raw.sendall(b"".join(ready.request for ready in burst))
            while answered < len(burst):
                raw.settimeout(max(0.001, deadline - time.monotonic()))
                part = raw.recv(1 << 16)
                if not part:
                    raise gone(address, "it closed the connection")
                data += part
                while answered < len(burst) and len(data) >= 4:
                    end = 4 + int.from_bytes(data[:4], "big")
                    if len(data) < end:
                        break
                    self._check(burst[answered], data[:end])
                    data = data[end:]
                    answered += 1
        except TimeoutError:
            raise unanswered(address, len(burst) - answered, len(burst)) from None
        except OSError as error:
            raise gone(address, error.strerror) from error

    def _check(self, ready: Ready, response: bytes) -> None:
        if len(response) == ready.response_bytes and response.startswith(ready.good_start):
            return
        words = explain(ready, response, self._connection.address)
        raise MeasurementFailed(f"the broker at {self._connection.address} refused a message: {words}")
