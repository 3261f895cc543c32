"""Puts all questions to a broker, and gives of each the answer, or why there is none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from chronik_perf.load.asking.arriving import connection_ms, first_message_ms, metadata_ms, topic_creation_ms
from chronik_perf.load.asking.contents import altered
from chronik_perf.load.asking.deleting import delete_topics
from chronik_perf.load.asking.filled import filled
from chronik_perf.load.asking.holding import early_fetches, fan_out_ms
from chronik_perf.load.asking.log import AskedLog, why
from chronik_perf.load.asking.order import misordered, reordered
from chronik_perf.load.asking.reading import offsets_ms, read_back_ms_per_mb, seek_ms, time_lookup_ms
from chronik_perf.load.asking.refusing import refused_ms
from chronik_perf.load.asking.waiting import (
    beside_reader_ms,
    beside_slow_ms,
    delivery_ms,
    produce_beside_ms,
)
from chronik_perf.load.asking.writing import (
    acks_all_ms,
    after_pause_ms,
    compressed_batch_ms,
    idempotent_ms,
    large_batch_ms,
    many_partitions_ms,
    spread_produce_ms,
    stored_again,
)
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.load.wire.topics import leaders
from chronik_perf.model import Measured, MeasurementFailed, PerfError, ProbeName, Unavailable

_Question = Callable[[AskedLog], Measured]
Watch = Callable[[ProbeName], contextlib.AbstractContextManager[object]]
"""Gives, by the name of a question, what is entered before it is put and left when it is answered."""
# What the last messages of `misordered` bring about must not answer a Fetch that is to wait: it comes last.
_OF_THE_LOAD: dict[ProbeName, _Question] = {
    "connection": connection_ms,
    "acks_all": acks_all_ms,
    "after_pause": after_pause_ms,
    "early_fetches": early_fetches,
    "beside_slow": beside_slow_ms,
    "produce_beside": produce_beside_ms,
    "delivery": delivery_ms,
    "reordered": reordered,
    "misordered": misordered,
}
_OF_NEW_TOPICS: dict[ProbeName, _Question] = {
    "topic_creation": topic_creation_ms,
    "first_message": first_message_ms,
    "many_partitions": many_partitions_ms,
    "spread_produce": spread_produce_ms,
    "refused": refused_ms,
}
_OF_ALL_TOPICS: dict[ProbeName, _Question] = {"metadata": metadata_ms}
# What is written last is not read back.
_OF_A_FILLED_TOPIC: dict[ProbeName, _Question] = {
    "read_back": read_back_ms_per_mb,
    "seek": seek_ms,
    "offsets": offsets_ms,
    "time_lookup": time_lookup_ms,
    "beside_reader": beside_reader_ms,
    "fan_out": fan_out_ms,
    "idempotent": idempotent_ms,
    "stored_again": stored_again,
    "large_batch": large_batch_ms,
    "compressed_batch": compressed_batch_ms,
    "altered": altered,
}
_ALL: tuple[ProbeName, ...] = (*_OF_THE_LOAD, *_OF_NEW_TOPICS, *_OF_ALL_TOPICS, *_OF_A_FILLED_TOPIC)
# Those that are work for a broker and not only a wait; connections are looked at by themselves.
_WORK: tuple[Callable[[AskedLog], object], ...] = (
    *_OF_NEW_TOPICS.values(),
    *_OF_ALL_TOPICS.values(),
    *_OF_A_FILLED_TOPIC.values(),
    delete_topics,
)
_NOT_OURS = Unavailable("topics are made on brokers alone that perf has started")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a broker told, the log that it was asked about, and the one that was filled for it, where there are such."""

    told: dict[ProbeName, Measured]
    log: AskedLog | None = None
    filled: AskedLog | None = None


def _unwatched(_name: ProbeName) -> contextlib.AbstractContextManager[object]:
    return contextlib.nullcontext()


def ask(
    bootstrap: str, topic: str, partition: int = 0, *, may_create: bool = False, watch: Watch = _unwatched
) -> Asked:
    """Ask the leader of a partition, which gets some 200 small messages by it; some seconds on a sound broker.

    Where it `may_create`, topics are made whose names begin with this one's, one of them with some MB, and stay; each
    question is put within `watch`. Raises MeasurementFailed if none of the addresses is that of a broker that answers.
    Whatever else goes wrong is the reason why a value is unavailable.
    """
    with WireConnection.to_any(bootstrap) as first:
        try:
            led = leaders(first, topic)
        except MeasurementFailed as error:
            return _all(why(error, first.address))
    if partition not in led:
        return _all(Unavailable(f"topic '{topic}' has no partition {partition}"))
    log = AskedLog(topic, partition, led[partition])

    def put(questions: Mapping[ProbeName, _Question], about: AskedLog) -> dict[ProbeName, Measured]:
        told: dict[ProbeName, Measured] = {}
        for name, question in questions.items():
            with watch(name):
                told[name] = _tried(question, about)
        return told

    told = put(_OF_THE_LOAD, log)
    if not may_create:
        return Asked({**dict.fromkeys(_ALL, _NOT_OURS), **told, **put(_OF_ALL_TOPICS, log)}, log)
    # Of the topics that were just made, too.
    told |= put(_OF_NEW_TOPICS, log) | put(_OF_ALL_TOPICS, log)
    own = _tried(filled, log)
    if isinstance(own, Unavailable):
        return Asked({**dict.fromkeys(_ALL, own), **told}, log)
    return Asked(told | put(_OF_A_FILLED_TOPIC, own), log, own)


def ask_for_work(log: AskedLog) -> None:
    """Put those questions once more that are work for a broker, for a profile of it; what it answers is passed over."""
    for question in _WORK:
        _tried(question, log)


def _all(missing: Unavailable) -> Asked:
    return Asked(dict.fromkeys(_ALL, missing))


def _tried(question: Callable[[AskedLog], T], log: AskedLog) -> T | Unavailable:
    try:
        return question(log)
    except PerfError as error:  # BadInput is for an address that a broker advertises and that is none
        return why(error, log.address)
