"""Topics and log end offsets through librdkafka, for brokers that want TLS or SASL."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ClusterMetadata, NewTopic, OffsetSpec  # type: ignore[attr-defined]

from chronik_perf.load.client_config import admin_config, redact_text
from chronik_perf.load.librdkafka_client import new_client, words
from chronik_perf.load.wire.topics import TopicExists
from chronik_perf.model import MeasurementFailed

TIMEOUT_S = 10.0
_TRY_S = 1.0
_LATEST: Any = OffsetSpec.latest()  # type: ignore[no-untyped-call]
_EARLIEST: Any = OffsetSpec.earliest()  # type: ignore[no-untyped-call]

T = TypeVar("T")


class Admin:
    """An AdminClient whose every wait is bounded and whose failures are sentences without secrets."""

    def __init__(self, bootstrap: str, client_config: Mapping[str, str]) -> None:
        self._bootstrap = bootstrap
        self._config = client_config
        self._last_error = ""
        config = {**admin_config(bootstrap, client_config), "error_cb": self._on_error}
        self._client = new_client(AdminClient, config, client_config)

    def partitions(self, topic: str) -> list[int] | None:
        """Give the partitions of a topic, or None if it does not exist."""
        found = self._describe().topics.get(topic)
        return None if found is None else sorted(found.partitions)

    def create(self, topic: str, partitions: int) -> None:
        """Create a topic and wait until it has all its leaders."""
        self._describe()  # what is wrong with the connection shows here at once, and below only as "timed out"
        self._settle(f"create topic '{topic}'", self._client.create_topics([NewTopic(topic, partitions)]))
        deadline = time.monotonic() + TIMEOUT_S
        while len(self.partitions(topic) or ()) < partitions or not self._led(topic):
            if time.monotonic() > deadline:
                raise MeasurementFailed(
                    f"topic '{topic}' was created at {self._bootstrap}, and its partitions had no leader "
                    f"after {TIMEOUT_S:g} s"
                )
            time.sleep(0.05)

    def delete(self, topic: str) -> None:
        """Delete a topic; one that is not there is no failure."""
        if self.partitions(topic) is not None:
            self._settle(f"delete topic '{topic}'", self._client.delete_topics([topic]))

    def offsets(self, topic: str, partitions: list[int], earliest: bool = False) -> dict[int, int]:
        """Give the log end offset (or the log start offset) of each partition."""
        wanted = {TopicPartition(topic, p): _EARLIEST if earliest else _LATEST for p in partitions}
        futures = self._client.list_offsets(wanted, request_timeout=TIMEOUT_S)
        found = self._settle(f"tell the log end offsets of '{topic}'", futures)
        return {tp.partition: result.offset for tp, result in found.items()}

    def _led(self, topic: str) -> bool:
        partitions = self._describe(topic).topics[topic].partitions.values()
        return all(p.error is None and p.leader >= 0 for p in partitions)

    def _describe(self, topic: str | None = None) -> ClusterMetadata:
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                return self._client.list_topics(topic, timeout=_TRY_S)
            except KafkaException as error:
                # "Timed out" helps nobody; what the connection said (bad certificate, bad password) does, and
                # after it there is nothing to wait for.
                self._client.poll(0)
                if self._last_error or time.monotonic() > deadline:
                    raise self._failed("describe its topics", self._last_error or words(error)) from error

    def _settle(self, what: str, futures: Mapping[Any, Future[T]]) -> dict[Any, T]:
        try:
            return {key: future.result(TIMEOUT_S + 1) for key, future in futures.items()}
        except TimeoutError as error:
            raise self._failed(what, "timed out") from error
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopicExists(str(self._failed(what, words(error)))) from error
            raise self._failed(what, words(error)) from error

    def _failed(self, what: str, why: str) -> MeasurementFailed:
        return MeasurementFailed(
            f"the broker at {self._bootstrap} did not {what}: {redact_text(why, self._config)}"
        )

    def _on_error(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._last_error = error.str()
