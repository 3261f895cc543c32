"""The driver `librdkafka` with acks=0: batches as full as the client makes them, at most N messages queued.

There is no acknowledgement to await, so a message leaves the count in flight when librdkafka has written it
to the socket. confluent-kafka spends 0.7 µs a message at full batches, which makes the generator the
bottleneck; the same library's own `rd_kafka_produce_batch` and its delivery events (one for each batch, not
each message) spend a third of that. The library is the one that confluent-kafka has loaded, called by ctypes.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Mapping
from ctypes import POINTER, Structure, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p

import confluent_kafka

from chronik_perf.load.client_config import producer_config, redact_text
from chronik_perf.load.driver import GRACE_S, Burst, clock_ns, gone, payloads, unanswered
from chronik_perf.model import BadInput, MeasurementFailed, Workload

_CHUNK = 1000
_PRODUCER = 0
_EVENT_DELIVERY, _EVENT_ERROR = 0x1, 0x8
_ALL_BROKERS_DOWN, _FATAL = -187, -150
_ERROR_TEXT_BYTES = 512


class _Message(Structure):
    """rd_kafka_message_t of rdkafka.h."""

    _fields_ = (
        ("err", c_int),
        ("rkt", c_void_p),
        ("partition", c_int32),
        ("payload", c_void_p),
        ("len", c_size_t),
        ("key", c_void_p),
        ("key_len", c_size_t),
        ("offset", c_int64),
        ("_private", c_void_p),
    )


def _library() -> ctypes.CDLL:
    # confluent-kafka has loaded its own librdkafka; the map of this process says which file that is.
    assert confluent_kafka.libversion()
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = [line.split(maxsplit=5)[5].strip() for line in maps if "librdkafka" in line]
    if not paths:
        raise MeasurementFailed(
            "confluent-kafka is installed without a librdkafka of its own as a shared library, which acks=0 "
            "needs; install its wheel (pip install --only-binary :all: confluent-kafka)"
        )
    library = ctypes.CDLL(paths[0])
    for name, result, *arguments in (
        ("rd_kafka_conf_new", c_void_p),
        ("rd_kafka_conf_set", c_int, c_void_p, c_char_p, c_char_p, c_char_p, c_size_t),
        ("rd_kafka_conf_set_events", None, c_void_p, c_int),
        ("rd_kafka_new", c_void_p, c_int, c_void_p, c_char_p, c_size_t),
        ("rd_kafka_topic_new", c_void_p, c_void_p, c_char_p, c_void_p),
        ("rd_kafka_queue_get_main", c_void_p, c_void_p),
        ("rd_kafka_queue_poll", c_void_p, c_void_p, c_int),
        ("rd_kafka_event_type", c_int, c_void_p),
        ("rd_kafka_event_message_count", c_size_t, c_void_p),
        ("rd_kafka_event_message_next", POINTER(_Message), c_void_p),
        ("rd_kafka_event_error", c_int, c_void_p),
        ("rd_kafka_event_error_string", c_char_p, c_void_p),
        ("rd_kafka_event_destroy", None, c_void_p),
        ("rd_kafka_produce_batch", c_int, c_void_p, c_int32, c_int, c_void_p, c_int),
        ("rd_kafka_err2str", c_char_p, c_int),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Bulk:
    """Full batches over librdkafka, acks=0. `in_flight` bounds what is queued in the client."""

    def __init__(
        self, workload: Workload, bootstrap: str, topic: str, client_config: Mapping[str, str] | None
    ) -> None:
        self._workload = workload
        self._address = bootstrap
        self._rd = _library()
        self._client = self._new_client(producer_config(workload, bootstrap, client_config), client_config)
        self._topic = self._rd.rd_kafka_topic_new(self._client, topic.encode(), None)
        self._events = self._rd.rd_kafka_queue_get_main(self._client)
        values = payloads(workload)
        self._memory = ctypes.create_string_buffer(b"".join(values))
        self._chunk = min(_CHUNK, len(values), max(1, workload.in_flight // 4))
        size = workload.message_size_bytes
        start = ctypes.addressof(self._memory)
        self._messages = (_Message * self._chunk)()
        for i in range(self._chunk):
            self._messages[i].payload = start + size * i
            self._messages[i].len = size
        self._acked = 0
        self._failures: Counter[str] = Counter()

    def window(self, duration_s: float, max_bytes: int) -> Burst:
        """Give one window of load; see `Driver.window`."""
        most = max(1, max_bytes // self._workload.message_size_bytes)
        in_flight, partitions, chunk = self._workload.in_flight, self._workload.partitions, self._chunk
        produce, messages, topic = self._rd.rd_kafka_produce_batch, self._messages, self._topic
        self._acked, self._failures = 0, Counter()
        sent = chunks = 0
        first = now = clock_ns()
        end = first + int(duration_s * 1e9)
        give_up = end + int(GRACE_S * 1e9)
        while now < end and sent < most:
            free = in_flight - (sent - self._acked - self._failures.total())
            count = min(chunk, most - sent)
            if free >= count:
                # The payload stays ours (no copy, no free): it is never changed, so messages may share it.
                queued = produce(topic, chunks % partitions, 0, messages, count)
                sent += queued
                chunks += 1
                if queued < count:
                    self._serve(10)
            else:
                self._serve(10)
            now = clock_ns()
        while sent > self._acked + self._failures.total():
            self._serve(100)
            if clock_ns() > give_up:
                raise unanswered(self._address, sent - self._acked - self._failures.total(), sent)
        return Burst(first, clock_ns(), sent, self._acked, self._failures)

    def _new_client(
        self, config: Mapping[str, str | int | float | bool], client_config: Mapping[str, str] | None
    ) -> int:
        text = ctypes.create_string_buffer(_ERROR_TEXT_BYTES)
        conf = self._rd.rd_kafka_conf_new()
        for key, value in config.items():
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            if self._rd.rd_kafka_conf_set(conf, key.encode(), shown.encode(), text, _ERROR_TEXT_BYTES):
                why = redact_text(text.value.decode(), client_config)
                raise BadInput(f"librdkafka refuses the client configuration: {why}")
        self._rd.rd_kafka_conf_set_events(conf, _EVENT_DELIVERY | _EVENT_ERROR)
        client: int | None = self._rd.rd_kafka_new(_PRODUCER, conf, text, _ERROR_TEXT_BYTES)
        if client is None:
            why = redact_text(text.value.decode(), client_config)
            raise BadInput(f"librdkafka refuses the client configuration: {why}")
        return client

    def _serve(self, timeout_ms: int) -> None:
        event = self._rd.rd_kafka_queue_poll(self._events, timeout_ms)
        while event:
            kind = self._rd.rd_kafka_event_type(event)
            if kind == _EVENT_DELIVERY:
                self._delivered(event)
            elif kind == _EVENT_ERROR:
                code, words = (
                    self._rd.rd_kafka_event_error(event),
                    self._rd.rd_kafka_event_error_string(event).decode(),
                )
                if code in (_ALL_BROKERS_DOWN, _FATAL):
                    self._rd.rd_kafka_event_destroy(event)
                    raise gone(self._address, words)
            self._rd.rd_kafka_event_destroy(event)
            event = self._rd.rd_kafka_queue_poll(self._events, 0)

    def _delivered(self, event: int) -> None:
        # One event holds the messages of one produce request, and they share its outcome: with acks=0 no
        # answer could tell them apart.
        count = self._rd.rd_kafka_event_message_count(event)
        error = self._rd.rd_kafka_event_message_next(event).contents.err
        if error == 0:
            self._acked += count
        else:
            self._failures[self._rd.rd_kafka_err2str(error).decode()] += count
