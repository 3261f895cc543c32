"""The driver `librdkafka` with acknowledgements: N messages in flight, each awaiting its delivery.

One confluent-kafka producer. A message's successor is sent from its own delivery callback, so that no message
waits for the rest of its batch to be told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from confluent_kafka import KafkaError, Message, Producer

from chronik_perf.load.client_config import producer_config
from chronik_perf.load.driver import GRACE_S, Burst, clock_ns, gone, payloads, unanswered
from chronik_perf.load.histogram import Samples
from chronik_perf.load.librdkafka_client import new_client
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
        config = {**producer_config(workload, bootstrap, client_config), "error_cb": self._on_error}
        self._producer = new_client(Producer, config, client_config)
        self._values = payloads(workload)

    def window(self, duration_s: float, max_bytes: int) -> Burst:
        """Give one window of load; see `Driver.window`."""
        most = max(1, max_bytes // self._workload.message_size_bytes)
        poll = self._producer.poll
        latencies: list[int] = []
        samples = Samples()
        failures: Counter[str] = Counter()
        begin, progress = self._loop(most, latencies, failures)
        first = clock_ns()
        end = first + int(duration_s * 1e9)
        give_up = end + int(GRACE_S * 1e9)
        begin(end)
        sent, done, last = progress()
        while done < sent:
            poll(0.1)
            if len(latencies) >= _BATCH:
                samples.add(latencies[:])
                latencies.clear()
            if self._down is not None:
                raise gone(self._address, self._down)
            sent, done, last = progress()
            if done < sent and clock_ns() > give_up:
                raise unanswered(self._address, sent - done, sent)
        samples.add(latencies)
        return Burst(first, last, sent, sent - failures.total(), failures, samples)

    def _loop(
        self, most: int, latencies: list[int], failures: Counter[str]
    ) -> tuple[Callable[[int], None], Callable[[], tuple[int, int, int]]]:
        """Give how to begin the loop (until a time in ns) and how to ask for (sent, done, last delivery ns).

        The state lives in closures: at 200,000 messages a second each look-up on an object would be 1 % of
        the generator's core.
        """
        produce, topic, values = self._producer.produce, self._topic, self._values
        n_values, partitions = len(values), self._workload.partitions
        sent = done = last = end = 0

        def place() -> Callable[[], None]:
            sent_ns = 0

            def delivered(error: KafkaError | None, _message: Message) -> None:
                nonlocal sent, done, last, sent_ns
                last = now = clock_ns()
                done += 1
                if error is None:
                    latencies.append(now - sent_ns)
                else:
                    failures[error.str()] += 1
                if now < end and sent < most:
                    n = sent
                    sent = n + 1
                    sent_ns = now
                    produce(topic, values[n % n_values], None, n % partitions, delivered)

            def start() -> None:
                nonlocal sent, sent_ns
                n = sent
                sent = n + 1
                sent_ns = clock_ns()
                produce(topic, values[n % n_values], None, n % partitions, delivered)

            return start

        places = [place() for _ in range(min(most, self._workload.in_flight))]

        def begin(end_ns: int) -> None:
            nonlocal end
            end = end_ns
            for start in places:
                start()

        return begin, lambda: (sent, done, last)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN or error.fatal():
            self._down = error.str()
