"""What a start is asked when its load is over: requests of kinds that no load has.

Every load is of nothing but produce, so what a consumer would meet is in none of its figures.
"""

from __future__ import annotations

from chronik_perf.experiment.evidence.left import deleted_left, difference, grown, left_open
from chronik_perf.experiment.evidence.restart import TOLD_BY_RESTARTS
from chronik_perf.experiment.evidence.stage_watch import StageWatch
from chronik_perf.experiment.place import Place
from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import HELD_S, Asked, AskedLog, ask, consume, fill, filled_bytes, why
from chronik_perf.model import PROBED, Measured, MeasurementFailed, ProbeName, Unavailable
from chronik_perf.network import Network
from chronik_perf.sut import BrokerProcess

# Two MB of messages: beside them, what a broker writes now and then is little.
WRITTEN_BURSTS = 10
_ASKED = tuple(of.name for of in PROBED if of.name not in TOLD_BY_RESTARTS)
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
    held: dict[ProbeName, Measured] = {}
    with network.entered():
        with grown(rig, held):
            asked = ask(f"{rig.broker.host}:{rig.broker.port}", topic, may_create=ours, watch=watch)
        told = asked.told
        told["waiting_cpu"] = _waiting_cpu(rig, asked.filled or asked.log)
        told["left_open"] = _NO_LEADER if asked.log is None else left_open(rig, asked.log)
        told["written"] = _written(rig, asked.filled, told["read_back"])
        deleted = told["topic_deletion"]
        told["deleted_left"] = deleted if asked.filled is None else deleted_left(rig, asked.filled)
    told["scrape"] = watch.scrape_ms
    told |= held
    return asked


def _written(rig: Rig, log: AskedLog | None, otherwise: Measured) -> Measured:
    """Give what is written to disk for a byte of messages, or why there is no topic for it, as `otherwise` has it."""
    if log is None:
        return otherwise if isinstance(otherwise, Unavailable) else _NO_TOPIC
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
        before, after = consume(log, rig.cpu.read)
    except MeasurementFailed as error:
        return why(error, log.address)
    used_s = difference(before, after)
    return used_s if isinstance(used_s, Unavailable) else used_s / HELD_S * 1e3
