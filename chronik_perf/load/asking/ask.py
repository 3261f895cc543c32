"""Puts all questions to a broker, and gives of each the answer, or why there is none."""

from __future__ import annotations

from collections.abc import Callable

from chronik_perf.load.asking.arriving import connection_ms, topic_creation_ms
from chronik_perf.load.asking.log import AskedLog
from chronik_perf.load.asking.order import misordered
from chronik_perf.load.asking.reading import read_back_ms_per_mb, seek_ms
from chronik_perf.load.asking.waiting import beside_slow_ms, delivery_ms
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.load.wire.topics import leaders
from chronik_perf.model import Measured, MeasurementFailed, ProbeName, Unavailable

# In this order: what reads wants the log as the load has left it, and what the last messages of `misordered` bring
# about must not answer a Fetch that is to wait.
_QUESTIONS: dict[ProbeName, Callable[[AskedLog], Measured]] = {
    "connection": connection_ms,
    "read_back": read_back_ms_per_mb,
    "seek": seek_ms,
    "beside_slow": beside_slow_ms,
    "delivery": delivery_ms,
    "misordered": misordered,
}
_NOT_OURS = Unavailable("topics are made on brokers alone that perf has started")


def ask(
    bootstrap: str, topic: str, partition: int = 0, *, may_create: bool = False
) -> dict[ProbeName, Measured]:
    """Ask the leader of a partition, which gets some 30 small messages by it; about a second on a sound broker.

    Where it `may_create`, topics are made whose names begin with this one's, and stay. Raises MeasurementFailed if
    none of the addresses is that of a broker that answers. Whatever else goes wrong is the reason why a value is
    unavailable.
    """
    with WireConnection.to_any(bootstrap) as first:
        try:
            led = leaders(first, topic)
        except MeasurementFailed as error:
            return _all(_why(error, first.address))
    if partition not in led:
        return _all(Unavailable(f"topic '{topic}' has no partition {partition}"))
    log = AskedLog(topic, partition, led[partition])
    told = {name: _measured(question, log) for name, question in _QUESTIONS.items()}
    told["topic_creation"] = _measured(topic_creation_ms, log) if may_create else _NOT_OURS
    return told


def ask_for_work(bootstrap: str, topic: str, *, may_create: bool) -> None:
    """Put those questions that are work for a broker and not only a wait, for a profile of it; as `ask` does."""
    with WireConnection.to_any(bootstrap) as first:
        partition, leader = next(iter(leaders(first, topic).items()))
    log = AskedLog(topic, partition, leader)
    for question in (connection_ms, read_back_ms_per_mb, seek_ms, *([topic_creation_ms] * may_create)):
        _measured(question, log)


def _all(why: Unavailable) -> dict[ProbeName, Measured]:
    return dict.fromkeys((*_QUESTIONS, "topic_creation"), why)


def _measured(question: Callable[[AskedLog], Measured], log: AskedLog) -> Measured:
    try:
        return question(log)
    except MeasurementFailed as error:
        host, port = log.leader
        return _why(error, f"{host}:{port}")


def _why(error: MeasurementFailed, address: str) -> Unavailable:
    # A reason stands beside that of another start, whose port is another, and the advice is for the load's driver.
    return Unavailable(str(error).partition(";")[0].replace(f" at {address}", ""))
