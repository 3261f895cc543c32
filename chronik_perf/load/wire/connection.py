"""A blocking connection to one broker: versions agreed at the start, then one request at a time."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from chronik_perf.load.wire import protocol, responses
from chronik_perf.model import BadInput, MeasurementFailed

CONNECT_TIMEOUT_S = 5.0
REQUEST_TIMEOUT_S = 10.0
_MOST_BYTES = 64 << 20

T = TypeVar("T")


def addresses(bootstrap: str) -> list[tuple[str, int]]:
    """Split `host:port,host:port`; BadInput where a part is not an address."""
    found = []
    for part in bootstrap.split(","):
        host, colon, port = part.strip().rpartition(":")
        if not (colon and port.isdecimal() and 0 < int(port) < 65536 and _could_be_a_host(host)):
            raise BadInput(f"'{part.strip()}' is not an address; give host:port, such as 127.0.0.1:9092")
        found.append((host.strip("[]"), int(port)))
    return found


def _could_be_a_host(name: str) -> bool:
    try:
        return bool(name.encode("idna"))
    except UnicodeError:  # a label that is empty, as in a..b, or too long
        return False


class WireConnection:
    """One connection. Every wait is bounded; whatever fails is MeasurementFailed with the address in it."""

    def __init__(self, host: str, port: int) -> None:
        self.address = f"{host}:{port}"
        self._correlation = 0
        try:
            self.socket = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT_S)
        except (OSError, UnicodeError) as error:  # a broker may advertise what is no host
            raise MeasurementFailed(f"no broker answers at {self.address}: {_reason(error)}") from error
        try:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code, self._ranges = responses.read_api_versions(self._exchange(protocol.API_VERSIONS, 0, b""))
            if code:
                raise MeasurementFailed(
                    f"the broker at {self.address} does not tell its versions: {protocol.error_text(code)}"
                )
        except BaseException as error:
            self.socket.close()
            if isinstance(error, struct.error):
                raise self._no_kafka() from error
            raise

    @classmethod
    def to_any(cls, bootstrap: str) -> WireConnection:
        """Connect to the first address that answers; MeasurementFailed if none does."""
        failure: MeasurementFailed | None = None
        for host, port in addresses(bootstrap):
            try:
                return cls(host, port)
            except MeasurementFailed as error:
                failure = failure or error
        assert failure is not None
        raise failure

    def version(self, api_key: int) -> int:
        """Give the best version of an API that both sides speak; MeasurementFailed where there is none."""
        low, high = self._ranges.get(api_key, (0, -1))
        for version in protocol.SPOKEN[api_key]:
            if low <= version <= high:
                return version
        ours = protocol.SPOKEN[api_key]
        offer = f"v{low} to v{high}" if high >= low else "no version"
        raise MeasurementFailed(
            f"the broker at {self.address} offers {offer} of {protocol.API_NAMES[api_key]}; "
            f"the wire driver speaks v{ours[-1]} to v{ours[0]}, so use --driver librdkafka"
        )

    def ask(self, api_key: int, body: bytes, read: Callable[[bytes], T]) -> T:
        """Send a request in the agreed version and give what `read` makes of the response's body."""
        version = self.version(api_key)
        answer = self._exchange(api_key, version, body)
        try:
            return read(answer)
        except (struct.error, UnicodeDecodeError) as error:
            raise MeasurementFailed(
                f"the broker at {self.address} answered {protocol.API_NAMES[api_key]} with what is no v{version} of it"
            ) from error

    def metadata(self, topic: str | None) -> responses.Metadata:
        """Ask for the brokers and for the leaders of one topic."""
        return self.ask(protocol.METADATA, protocol.metadata_body(topic), responses.read_metadata)

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _exchange(self, api_key: int, version: int, body: bytes) -> bytes:
        self._correlation += 1
        # The first question also finds out who is there: a stranger may wait for more than we will ever say.
        timeout_s = CONNECT_TIMEOUT_S if self._correlation == 1 else REQUEST_TIMEOUT_S
        deadline = time.monotonic() + timeout_s
        try:
            self.socket.settimeout(timeout_s)
            self.socket.sendall(protocol.frame(api_key, version, self._correlation, body))
            (size,) = struct.unpack(">i", self._read(4, deadline))
            if not 4 <= size <= _MOST_BYTES:
                raise self._no_kafka()
            response = self._read(size, deadline)
        except OSError as error:
            # One that wants TLS hangs up at the first question, one that wants SASL after it has told its versions.
            hint = {
                1: "; it may speak no Kafka, and one that wants TLS or SASL needs a client configuration",
                2: "; one that wants SASL needs a client configuration (--client-config)",
            }.get(self._correlation, "")
            raise MeasurementFailed(
                f"the broker at {self.address} did not answer {protocol.API_NAMES[api_key]}: "
                f"{_reason(error)}{hint}"
            ) from error
        (correlation,) = struct.unpack_from(">i", response)
        if correlation != self._correlation:
            raise MeasurementFailed(
                f"the broker at {self.address} answered with correlation id {correlation} "
                f"where {self._correlation} was due"
            )
        return response[4:]

    def _read(self, size: int, deadline: float) -> bytes:
        parts = []
        while size:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            part = self.socket.recv(size)
            if not part:
                raise ConnectionResetError("it closed the connection")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _no_kafka(self) -> MeasurementFailed:
        return MeasurementFailed(f"what listens at {self.address} does not speak Kafka's protocol")


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return (getattr(error, "strerror", None) or str(error)).lower()
