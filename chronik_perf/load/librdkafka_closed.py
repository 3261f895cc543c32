"""The driver `librdkafka` with acknowledgements: N messages in flight, each awaiting its delivery.

One confluent-kafka producer. A message's successor is sent from its delivery callback, so no message waits for
the rest of its batch; callbacks are made once, one for each place in flight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import KafkaError, Producer

from chronik_perf.load.client_config import producer_config
from chronik_perf.load.driver import GRACE_S, Burst, clock_ns, gone, payloads, unanswered
from chronik_perf.load.histogram import Samples
from chronik_perf.model import Workload

_BATCH = 4096


class ClosedLoop:
    """A closed loop over librdkafka. `in_flight` places, each with at most one message on its way."""

    def __init__(
        self, workload: Workload, bootstrap: str, topic: str, client_config: Mapping[str, str] | None
    ) -> None:
        self._workload = workload
        self._address = bootstrap
        self._topic = topic
        self._down: str | None = None
        self._producer = Producer(
            {**producer_config(workload, bootstrap, client_config), "error_cb": self._on_error}
        )
        self._values = payloads(workload)

    def window(self, duration_s: float, max_bytes: int) -> Burst:
        """Give one window of load; see `Driver.window`."""
        most = max(1, max_bytes // self._workload.message_size_bytes)
        state = _Window(self._producer, self._topic, self._workload.partitions, self._values, most)
        callbacks = [state.place(i) for i in range(self._workload.in_flight)]
        poll = self._producer.poll
        first = clock_ns()
        state.end_ns = first + int(duration_s * 1e9)
        for place, callback in enumerate(callbacks[:most]):
            state.send(place, callback)
        give_up = state.end_ns + int(GRACE_S * 1e9)
        while state.in_flight:
            poll(0.1)
            if len(state.latencies) >= _BATCH:
                state.flush()
            if self._down is not None:
                raise gone(self._address, self._down)
            if state.in_flight and clock_ns() > give_up:
                raise unanswered(self._address, state.in_flight, state.sent)
        state.flush()
        return Burst(first, state.last_ack_ns, state.sent, state.acked, state.failures, state.samples)

    def close(self) -> None:
        """Drop what is queued and let the client's threads end."""
        self._producer.purge()
        self._producer.poll(0)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN or error.fatal():
            self._down = error.str()


class _Window:
    """The state that the callbacks of one window share."""

    def __init__(
        self, producer: Producer, topic: str, partitions: int, values: list[bytes], most: int
    ) -> None:
        self._produce = producer.produce
        self._topic = topic
        self._partitions = partitions
        self._values = values
        self._most = most
        self.end_ns = 0
        self.last_ack_ns = 0
        self.sent = 0
        self.in_flight = 0
        self.acked = 0
        self.latencies: list[int] = []
        self.samples = Samples()
        self.failures: Counter[str] = Counter()
        self._sent_ns: dict[int, int] = {}

    def send(self, place: int, callback: Callable[[Any, Any], None]) -> None:
        n = self.sent
        self.sent = n + 1
        self.in_flight += 1
        self._sent_ns[place] = clock_ns()
        self._produce(
            self._topic,
            self._values[n % len(self._values)],
            partition=n % self._partitions,
            on_delivery=callback,
        )

    def place(self, place: int) -> Callable[[Any, Any], None]:
        sent_ns = self._sent_ns

        def delivered(error: KafkaError | None, _message: object) -> None:
            now = clock_ns()
            self.in_flight -= 1
            self.last_ack_ns = now
            if error is None:
                self.acked += 1
                self.latencies.append(now - sent_ns[place])
            else:
                self.failures[error.str()] += 1
            if now < self.end_ns and self.sent < self._most:
                self.send(place, delivered)

        return delivered

    def flush(self) -> None:
        self.samples.add(self.latencies)
        self.latencies = []
