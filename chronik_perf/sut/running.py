"""A broker that runs already: it is found at its address, and neither started, looked into nor stopped."""

from __future__ import annotations

import socket
from typing import Self

from chronik_perf.model import MeasurementFailed, Target, Unavailable

NOT_STARTED = "perf did not start this broker"
_CONNECT_TIMEOUT_S = 5.0


class RunningBroker:
    """A broker that perf found running, in the words of `BrokerProcess`; what only a parent knows is unavailable."""

    pid = Unavailable(NOT_STARTED)
    ready_s = Unavailable(NOT_STARTED)
    log_path = None

    def __init__(self, target: Target, host: str, port: int) -> None:
        self.target = target
        self.host = host
        self.port = port
        self.metrics_url = target.metrics_url
        self.config: dict[str, str] = {}

    @classmethod
    def find(cls, target: Target) -> Self:
        """Find the broker at the target's address. Raises MeasurementFailed if nothing listens there."""
        host, _, port = (target.address or "").rpartition(":")
        broker = cls(target, host, int(port))
        try:
            socket.create_connection((host.strip("[]"), broker.port), timeout=_CONNECT_TIMEOUT_S).close()
        except (OSError, UnicodeError) as error:  # the latter for what is no host's name, as a..b
            strerror = getattr(error, "strerror", None)
            why = "it timed out" if isinstance(error, TimeoutError) else (strerror or str(error)).lower()
            raise MeasurementFailed(
                f"nothing answers at {target.address}, where {target.name} should run: {why}; "
                "start the broker, or name where it listens"
            ) from None
        return broker

    def verify_owner(self) -> None:
        """Check nothing: whose process listens there is not for perf to say."""

    def cause_of(self, error: MeasurementFailed) -> MeasurementFailed:
        """Give what lies behind a failed request; of a process that is not looked into that is the error itself."""
        return error
