"""Topics and log end offsets: over the raw wire, or through librdkafka with a client configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from chronik_perf.load.wire import topics as wire
from chronik_perf.load.wire.protocol import EARLIEST
from chronik_perf.model import MeasurementFailed

if TYPE_CHECKING:
    from chronik_perf.load.admin import Admin


class Offsets(Protocol):
    """Reads the log end offsets of one topic again and again."""

    def total(self) -> int:
        """Give the log end offsets of all partitions, summed; MeasurementFailed without an answer."""


def open_offsets(bootstrap: str, topic: str, client_config: Mapping[str, str] | None) -> Offsets:
    """Connect for reading offsets. Raises MeasurementFailed if nobody listens or the topic is unknown."""
    if client_config is None:
        return wire.WireOffsets(bootstrap, topic)
    return _AdminOffsets(bootstrap, topic, client_config)


def create_topic(
    bootstrap: str, name: str, partitions: int, client_config: Mapping[str, str] | None = None
) -> None:
    """Create a topic and wait until its partitions have leaders.

    Raises MeasurementFailed if the broker does not answer, refuses, or already has a topic of that name.
    """
    if client_config is None:
        wire.create(bootstrap, name, partitions)
    else:
        _admin(bootstrap, client_config).create(name, partitions)


def delete_topic(bootstrap: str, name: str, client_config: Mapping[str, str] | None = None) -> None:
    """Delete a topic; one that is not there is no failure. Raises MeasurementFailed if the broker refuses."""
    if client_config is None:
        wire.delete(bootstrap, name)
    else:
        _admin(bootstrap, client_config).delete(name)


def topic_exists(bootstrap: str, name: str, client_config: Mapping[str, str] | None = None) -> bool:
    """Tell whether a topic is there, without creating it. Raises MeasurementFailed if nobody answers."""
    if client_config is None:
        return wire.exists(bootstrap, name)
    return _admin(bootstrap, client_config).partitions(name) is not None


def log_end_offsets(
    bootstrap: str, topic: str, client_config: Mapping[str, str] | None = None
) -> dict[int, int]:
    """Give the log end offset of each partition. Raises MeasurementFailed as `open_offsets` does."""
    if client_config is not None:
        admin = _admin(bootstrap, client_config)
        return admin.offsets(topic, _partitions(admin, bootstrap, topic))
    reader = wire.WireOffsets(bootstrap, topic)
    try:
        return reader.read()
    finally:
        reader.close()


def messages_held(
    bootstrap: str, topic: str, client_config: Mapping[str, str] | None = None
) -> dict[int, int]:
    """Give how many messages each partition holds: log end offset less log start offset."""
    if client_config is not None:
        admin = _admin(bootstrap, client_config)
        partitions = _partitions(admin, bootstrap, topic)
        ends, starts = (admin.offsets(topic, partitions, earliest) for earliest in (False, True))
    else:
        reader = wire.WireOffsets(bootstrap, topic)
        try:
            ends, starts = reader.read(), reader.read(EARLIEST)
        finally:
            reader.close()
    return {partition: end - starts[partition] for partition, end in ends.items()}


class _AdminOffsets:
    def __init__(self, bootstrap: str, topic: str, client_config: Mapping[str, str]) -> None:
        self._topic = topic
        self._admin = _admin(bootstrap, client_config)
        self._partitions = _partitions(self._admin, bootstrap, topic)

    def total(self) -> int:
        return sum(self._admin.offsets(self._topic, self._partitions).values())


def _partitions(admin: Admin, bootstrap: str, topic: str) -> list[int]:
    found = admin.partitions(topic)
    if not found:
        raise MeasurementFailed(f"the broker at {bootstrap} has no topic '{topic}'")
    return found


def _admin(bootstrap: str, client_config: Mapping[str, str]) -> Admin:
    # Late, because most loads never need librdkafka's 70 ms of loading.
    from chronik_perf.load.admin import Admin

    return Admin(bootstrap, client_config)
