"""What a start is asked when its load is over: requests of kinds that no load has.

Every load is of nothing but produce, so what a consumer would meet is in none of its figures.
"""

from __future__ import annotations

import time

from chronik_perf.experiment.evidence.restart import TOLD_BY_RESTARTS
from chronik_perf.experiment.evidence.stage_watch import StageWatch
from chronik_perf.experiment.place import Place
from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import (
    COME_AND_GO,
    HELD_S,
    Asked,
    AskedLog,
    ask,
    come_and_go,
    fill,
    filled_bytes,
    held_fetches,
    why,
)
from chronik_perf.model import PROBED, Measured, MeasurementFailed, Unavailable, known
from chronik_perf.network import Network
from chronik_perf.sut import BrokerProcess

# How long what is left of connections that have gone may be there, and how often is looked.
GONE_S, LOOK_S = 0.5, 0.01
# Fewer are none: something else may have been opened meanwhile.
LEAST_LEFT = COME_AND_GO / 10
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
    with network.entered():
        asked = ask(f"{rig.broker.host}:{rig.broker.port}", topic, may_create=ours, watch=watch)
        asked.told["waiting_cpu"] = _waiting_cpu(rig, asked.filled or asked.log)
        asked.told["left_open"] = _left_open(rig, asked.log)
        asked.told["written"] = _written(rig, asked.filled, asked.told["read_back"])
    asked.told["scrape"] = watch.scrape_ms
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
    written = _difference(before, after)
    if isinstance(written, Unavailable):
        return written
    if stored < filled_bytes(WRITTEN_BURSTS):
        return Unavailable("it was too slow to take all in bounded time")
    return written / stored if written > 0 else Unavailable("nothing was written to a disk")


def _waiting_cpu(rig: Rig, log: AskedLog | None) -> Measured:
    if log is None:
        return _NO_LEADER
    try:
        with held_fetches(log):
            before = rig.cpu.read()
            time.sleep(HELD_S)
            after = rig.cpu.read()
    except MeasurementFailed as error:
        return why(error, log.address)
    used_s = _difference(before, after)
    return used_s if isinstance(used_s, Unavailable) else used_s / HELD_S * 1e3


def _left_open(rig: Rig, log: AskedLog | None) -> Measured:
    """Count of how many connections that have gone a descriptor or a thread is left, whichever are more."""
    if log is None:
        return _NO_LEADER
    if isinstance(unread := rig.process.descriptors(), Unavailable):
        return unread
    try:
        come_and_go(log)  # a pool of threads that has grown does not grow again, and a leak does
        time.sleep(GONE_S)
        before = _open(rig)
        come_and_go(log)
    except MeasurementFailed as error:
        return why(error, log.address)
    give_up_s = time.monotonic() + GONE_S
    while True:
        left = [_difference(then, now) for then, now in zip(before, _open(rig), strict=True)]
        if known(left[0]) is None:
            return left[0]
        most = max(n for one in left if (n := known(one)) is not None)
        if most < LEAST_LEFT:
            return 0.0
        if time.monotonic() > give_up_s:
            return most
        time.sleep(LOOK_S)


def _open(rig: Rig) -> tuple[Measured, Measured]:
    return rig.process.descriptors(), rig.process.threads()


def _difference(before: Measured, after: Measured) -> Measured:
    if isinstance(before, Unavailable) or isinstance(after, Unavailable):
        return before if isinstance(before, Unavailable) else after
    return after - before
