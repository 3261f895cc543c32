"""A blocking connection to one broker: versions agreed at the start, then questions, or requests without waiting."""

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
            # The first question also finds out who is there: a stranger may wait for more than we will ever say.
            answer = self._exchange(protocol.API_VERSIONS, 0, b"", CONNECT_TIMEOUT_S)
            code, self._ranges = responses.read_api_versions(answer)
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

    def ask(
        self,
        api_key: int,
        body: bytes,
        read: Callable[[bytes], T],
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> T:
        """Send a request in the agreed version and give what `read` makes of the response's body."""
        return self.understood(api_key, self._exchange(api_key, self.version(api_key), body, timeout_s), read)

    def send(self, *requests: tuple[int, bytes]) -> tuple[int, ...]:
        """Write requests, each an API key and a body, in one piece and the agreed versions; give their correlation ids.

        Raises MeasurementFailed where a version is not offered, or the broker takes nothing more in bounded time.
        """
        frames, first = [], self._correlation + 1
        for api_key, body in requests:
            version = self.version(api_key)
            self._correlation += 1
            frames.append(protocol.frame(api_key, version, self._correlation, body))
        try:
            self.socket.settimeout(REQUEST_TIMEOUT_S)
            self.socket.sendall(b"".join(frames))
        except OSError as error:
            raise self._unanswered(requests[0][0], error) from error
        return tuple(range(first, self._correlation + 1))

    def receive(self, api_key: int, timeout_s: float = REQUEST_TIMEOUT_S) -> tuple[int, bytes]:
        """Give correlation id and body of the next response to what was sent, whichever request it answers.

        Raises MeasurementFailed if none has come after `timeout_s`, in words that name the API that is waited for.
        """
        try:
            return self._response(time.monotonic() + timeout_s)
        except OSError as error:
            raise self._unanswered(api_key, error) from error

    def understood(self, api_key: int, answer: bytes, read: Callable[[bytes], T]) -> T:
        """Give what `read` makes of a response's body; MeasurementFailed where it is no response of that API."""
        try:
            return read(answer)
        except (struct.error, UnicodeDecodeError) as error:
            raise MeasurementFailed(
                f"the broker at {self.address} answered {protocol.API_NAMES[api_key]} "
                f"with what is no v{self.version(api_key)} of it"
            ) from error

    def metadata(self, topic: str | None) -> responses.Metadata:
        """Ask for the brokers, and for the leaders of one topic."""
        return self.ask(
            protocol.METADATA,
            protocol.metadata_body([] if topic is None else [topic]),
            responses.read_metadata,
        )

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _exchange(self, api_key: int, version: int, body: bytes, timeout_s: float) -> bytes:
        self._correlation += 1
        deadline = time.monotonic() + timeout_s
        try:
            self.socket.settimeout(timeout_s)
            self.socket.sendall(protocol.frame(api_key, version, self._correlation, body))
            correlation, answer = self._response(deadline)
        except OSError as error:
            # One that wants TLS hangs up at the first question, one that wants SASL after it has told its versions.
            hint = {
                1: "; it may speak no Kafka, and one that wants TLS or SASL needs a client configuration",
                2: "; one that wants SASL needs a client configuration (--client-config)",
            }.get(self._correlation, "")
            raise self._unanswered(api_key, error, hint) from error
        if correlation != self._correlation:
            raise MeasurementFailed(
                f"the broker at {self.address} answered with correlation id {correlation} "
                f"where {self._correlation} was due"
            )
        return answer

    def _response(self, deadline: float) -> tuple[int, bytes]:
        (size,) = struct.unpack(">i", self._read(4, deadline))
        if not 4 <= size <= _MOST_BYTES:
            raise self._no_kafka()
        response = self._read(size, deadline)
        return int.from_bytes(response[:4], "big", signed=True), response[4:]

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

    def _unanswered(self, api_key: int, error: OSError, hint: str = "") -> MeasurementFailed:
        name = protocol.API_NAMES[api_key]
        return MeasurementFailed(
            f"the broker at {self.address} did not answer {name}: {_reason(error)}{hint}"
        )

    def _no_kafka(self) -> MeasurementFailed:
        return MeasurementFailed(f"what listens at {self.address} does not speak Kafka's protocol")


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    return (getattr(error, "strerror", None) or str(error)).lower()
