"""Topics and log end offsets over the wire: what one question of 100 µs can tell."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from chronik_perf.load.wire import protocol, responses
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import MeasurementFailed

CREATE_TIMEOUT_S = 10.0
_RETRY_S = 0.005

T = TypeVar("T")


class TopicExists(MeasurementFailed):
    """A topic was to be made under a name that somebody's topic has."""


class WireOffsets:
    """Reads log end offsets over connections that stay open, one to each broker that leads a partition."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        with WireConnection.to_any(bootstrap) as first:
            self.leaders = leaders(first, topic)
        by_broker: dict[tuple[str, int], list[int]] = {}
        for partition, address in self.leaders.items():
            by_broker.setdefault(address, []).append(partition)
        self._connections = [(WireConnection(*address), parts) for address, parts in by_broker.items()]

    def total(self) -> int:
        """Give the log end offsets of all partitions, summed."""
        return sum(self.read().values())

    def read(self, timestamp: int = protocol.LATEST) -> dict[int, int]:
        """Give the log end offset of each partition (or the log start offset, for EARLIEST)."""
        offsets: dict[int, int] = {}
        for connection, partitions in self._connections:
            body = protocol.list_offsets_body(self._topic, partitions, timestamp)
            answer = connection.ask(protocol.LIST_OFFSETS, body, responses.read_list_offsets)
            for partition, (error, offset) in answer.items():
                if error:
                    raise MeasurementFailed(
                        f"the broker at {connection.address} does not tell the offsets of "
                        f"{self._topic}-{partition}: {protocol.error_text(error)}"
                    )
                offsets[partition] = offset
        return offsets

    def close(self) -> None:
        """Close the connections."""
        for connection, _ in self._connections:
            connection.close()


def leaders(connection: WireConnection, topic: str) -> dict[int, tuple[str, int]]:
    """Give the address of each partition's leader; MeasurementFailed if the topic is unknown or has none."""
    metadata = connection.metadata(topic)
    if metadata.error == protocol.UNKNOWN_TOPIC:
        raise MeasurementFailed(f"the broker at {connection.address} has no topic '{topic}'")
    if metadata.error:
        raise MeasurementFailed(
            f"the broker at {connection.address} does not describe topic '{topic}': "
            f"{protocol.error_text(metadata.error)}"
        )
    without = [p for p, node in metadata.leaders.items() if node not in metadata.brokers]
    if without or not metadata.leaders:
        raise MeasurementFailed(f"partitions {without} of topic '{topic}' have no leader")
    return {p: metadata.brokers[node] for p, node in sorted(metadata.leaders.items())}


def create(bootstrap: str, topic: str, partitions: int, timeout_s: float = CREATE_TIMEOUT_S) -> None:
    """Create a topic and wait until every partition has a leader that tells its offset.

    Raises MeasurementFailed if the broker refuses, the topic exists, or no leader comes in bounded time.
    """
    deadline = time.monotonic() + timeout_s
    with WireConnection.to_any(bootstrap) as first:
        version = first.version(protocol.CREATE_TOPICS)
        body = protocol.create_topic_body(version, topic, partitions, int(timeout_s * 1e3))
        code, words = _ask_controller(first, protocol.CREATE_TOPICS, body, responses.read_create_topic)
        if code:
            kind = TopicExists if code == protocol.TOPIC_EXISTS else MeasurementFailed
            raise kind(
                f"the broker at {first.address} did not create topic '{topic}': "
                f"{protocol.error_text(code)}{f', {words}' if words else ''}"
            )
        while True:
            metadata = first.metadata(topic)
            led = [n for n in metadata.leaders.values() if n in metadata.brokers]
            if not metadata.error and len(led) == partitions and _answers(first, topic, metadata):
                return
            if time.monotonic() > deadline:
                raise MeasurementFailed(
                    f"topic '{topic}' was created at {first.address}, and its partitions had no leader "
                    f"after {timeout_s:g} s"
                )
            time.sleep(_RETRY_S)


def delete(bootstrap: str, topic: str) -> None:
    """Delete a topic; MeasurementFailed if the broker refuses. A topic that is not there is no failure."""
    with WireConnection.to_any(bootstrap) as first:
        body = protocol.delete_topics_body((topic,), int(CREATE_TIMEOUT_S * 1e3))
        code = _ask_controller(first, protocol.DELETE_TOPICS, body, responses.read_delete_topic)
        if code not in (0, protocol.UNKNOWN_TOPIC):
            raise MeasurementFailed(
                f"the broker at {first.address} did not delete topic '{topic}': {protocol.error_text(code)}"
            )


def exists(bootstrap: str, topic: str) -> bool:
    """Tell whether the topic is there, without creating it."""
    with WireConnection.to_any(bootstrap) as first:
        return first.metadata(topic).error != protocol.UNKNOWN_TOPIC


def _ask_controller(first: WireConnection, api_key: int, body: bytes, read: Callable[[bytes], T]) -> T:
    # Only the controller of a ZooKeeper cluster creates topics; elsewhere any broker forwards the request.
    metadata = first.metadata(None)
    home = metadata.brokers.get(metadata.controller)
    if home is None or f"{home[0]}:{home[1]}" == first.address or len(metadata.brokers) == 1:
        return first.ask(api_key, body, read)
    with WireConnection(*home) as controller:
        return controller.ask(api_key, body, read)


def _answers(first: WireConnection, topic: str, metadata: responses.Metadata) -> bool:
    body = protocol.list_offsets_body(topic, metadata.leaders)
    if len(metadata.brokers) > 1:
        return True  # leaders are spread; WireOffsets asks each of them when the load starts
    offsets = first.ask(protocol.LIST_OFFSETS, body, responses.read_list_offsets)
    return all(code not in protocol.NOT_YET for code, _ in offsets.values())
