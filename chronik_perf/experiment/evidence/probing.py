"""What a start is asked when its load is over: requests of kinds that no load has.

Every load is of nothing but produce, so what a consumer would meet is in none of its figures.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from chronik_perf.experiment.evidence.left import deletion, difference, grown_since, left_open, sizes
from chronik_perf.experiment.evidence.restart import TOLD_BY_RESTARTS
from chronik_perf.experiment.evidence.stage_watch import StageWatch
from chronik_perf.experiment.place import Place
from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import Asked, AskedLog, ask, consume, fill, filled_bytes, why
from chronik_perf.model import PROBED, Measured, MeasurementFailed, ProbeName, Unavailable
from chronik_perf.network import Network
from chronik_perf.sut import BrokerProcess

# Two MB of messages: beside them, what a broker writes now and then is little.
WRITTEN_BURSTS = 10
_ASKED = tuple(of.name for of in PROBED if of.name not in TOLD_BY_RESTARTS)
_OF_OWN_TOPICS: tuple[ProbeName, ...] = (
    "asked_memory",
    "asked_disk",
    "written",
    "topic_deletion",
    "deleted_left",
)
_NO_LEADER = Unavailable("it does not tell who leads the partition")
_NO_TOPIC = Unavailable("no topic could be filled")
_NOT_PLAIN = Unavailable("it is asked without TLS or SASL alone")


def answers(rig: Rig, place: Place, network: Network, watch: StageWatch) -> Asked:
    """Ask a broker that serves for other things than its load, most questions within `watch`.

    Raises MeasurementFailed where nobody answers.
    """
    if place.client_config is not None:
        return Asked(dict.fromkeys(_ASKED, _NOT_PLAIN))
    topic = rig.topic_names[0]
    # What perf did not start goes on with its topics.
    ours = isinstance(rig.broker, BrokerProcess)
    before = sizes(rig)
    with network.entered():
        asked = ask(f"{rig.broker.host}:{rig.broker.port}", topic, may_create=ours, watch=watch)
        told, filled = asked.told, asked.filled
        told |= dict.fromkeys(_OF_OWN_TOPICS, _why_none(told)) if filled is None else grown_since(rig, before)
        told["waiting_cpu"] = _waiting_cpu(rig, filled or asked.log)
        told["left_open"] = _NO_LEADER if asked.log is None else left_open(rig, asked.log)
        if filled is not None:
            told["written"] = _written(rig, filled)
            told |= deletion(rig, filled)
    told["scrape"] = watch.scrape_ms
    return asked


def _why_none(told: Mapping[ProbeName, Measured]) -> Unavailable:
    """Give the reason why no topic was filled."""
    reason = told["read_back"]
    return reason if isinstance(reason, Unavailable) else _NO_TOPIC


def _written(rig: Rig, log: AskedLog) -> Measured:
    """Give what is written to disk for a byte of messages."""
    before = rig.process.written_bytes()
    try:
        stored = fill(log, WRITTEN_BURSTS)
    except MeasurementFailed as error:
        return why(error, log.address)
    after = rig.process.written_bytes()
    written = difference(before, after)
    if isinstance(written, Unavailable):
        return written
    if stored < filled_bytes(WRITTEN_BURSTS):
        return Unavailable("it was too slow to take all in bounded time")
    return written / stored if written > 0 else Unavailable("nothing was written to a disk")


def _waiting_cpu(rig: Rig, log: AskedLog | None) -> Measured:
    if log is None:
        return _NO_LEADER
    try:
        (before, begun_s), (after, ended_s) = consume(log, lambda: (rig.cpu.read(), time.monotonic()))
    except MeasurementFailed as error:
        return why(error, log.address)
    used_s = difference(before, after)
    return used_s if isinstance(used_s, Unavailable) else used_s / (ended_s - begun_s) * 1e3
