"""What a start is asked when its load is over: requests of other kinds, and to start again on what it has stored.

Every load is of nothing but produce and begins on an empty data directory, so what a consumer or a restart would meet
is in none of its figures.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from chronik_perf.experiment.evidence.restart import restart
from chronik_perf.experiment.place import Place
from chronik_perf.experiment.plan import SOON_S
from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import (
    HELD_S,
    Asked,
    AskedLog,
    Watch,
    ask,
    fill,
    filled_bytes,
    held_fetches,
    why,
)
from chronik_perf.load.topics import messages_held
from chronik_perf.model import PROBED, Measured, MeasurementFailed, ProbeName, Unavailable, known
from chronik_perf.network import Network
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.sut import BrokerProcess

# How long a restart is waited for: so many times what the start on an empty folder took.
PATIENCE, LEAST_PATIENCE_S = 10, 10.0
# How long messages may be missing in a broker that serves again, and how often is looked.
RECOVERS_S, LOOK_S = 2.0, 0.05
# Two MB of messages: beside them, what a broker writes now and then is little.
WRITTEN_BURSTS = 10
_RESTARTED: tuple[ProbeName, ...] = ("restart_time", "restart_memory", "restart_lost")
_ASKED = tuple(of.name for of in PROBED if of.name not in (*_RESTARTED, "stop_time"))
_KILLED = Unavailable("it did not stop when it was asked to and was killed")
_NO_TOPIC = Unavailable("no topic could be filled")
_NOT_PLAIN = Unavailable("it is asked without TLS or SASL alone")


def answers(rig: Rig, place: Place, network: Network, watch: Watch) -> Asked:
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
        asked.told["written"] = _written(rig, asked.filled, asked.told["read_back"])
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
        return Unavailable("it does not tell who leads the partition")
    try:
        with held_fetches(log):
            before = rig.cpu.read()
            time.sleep(HELD_S)
            after = rig.cpu.read()
    except MeasurementFailed as error:
        return why(error, log.address)
    used_s = _difference(before, after)
    return used_s if isinstance(used_s, Unavailable) else used_s / HELD_S * 1e3


def _difference(before: Measured, after: Measured) -> Measured:
    if isinstance(before, Unavailable) or isinstance(after, Unavailable):
        return before if isinstance(before, Unavailable) else after
    return after - before


def restart_fits(rig: Rig, start: int, left_s: float) -> bool:
    """Tell whether there is time to start a broker again: on every start where that is soon done, else on the first."""
    ready_s = known(rig.broker.ready_s) or 0.0
    return (start == 0 or ready_s <= SOON_S) and 2 * ready_s < left_s


def started_again(
    rig: Rig,
    place: Place,
    network: Network,
    most_s: float = math.inf,
    stop: Callable[[BrokerProcess], object] = BrokerProcess.stop,
) -> dict[ProbeName, Measured]:
    """Stop a broker and start it once more on its data; by `stop` it is stopped again then.

    One that does not come up, within `most_s` at the latest, gives the reason in each value; one that perf did not
    start gives none. Whatever happens, nothing that was started here is left.
    """
    if not isinstance(rig.broker, BrokerProcess) or rig.data_dir is None:
        return {}
    stored = _held(rig, rig.broker, place, network)
    rig.stop()
    stopped = rig.broker.stop()
    stop_time: Measured = stopped.took_s
    if stopped.killed or stopped.note:
        stop_time = _KILLED if stopped.killed else Unavailable(f"it {stopped.note}")
    patience_s = min(most_s, max(LEAST_PATIENCE_S, PATIENCE * rig.broker.ready_s))
    try:
        again = restart(rig, place, network, "again", patience_s)
    except MeasurementFailed as error:
        return {"stop_time": stop_time, **dict.fromkeys(_RESTARTED, Unavailable(str(error)))}
    try:
        rss = ProcessSampler(again.pid).rss_bytes()
        lost = _lost(rig, again, place, network, stored)
        stop(again)
    except BaseException:
        again.kill()
        raise
    return {
        "stop_time": stop_time,
        "restart_time": again.ready_s,
        "restart_memory": rss if isinstance(rss, Unavailable) else rss / 1e6,
        "restart_lost": _KILLED if stopped.killed else lost,
    }


def _lost(
    rig: Rig, again: BrokerProcess, place: Place, network: Network, stored: dict[str, int] | Unavailable
) -> Measured:
    """Count what a started broker has no more; one that still recovers when it opens its port is waited for."""
    deadline = time.monotonic() + RECOVERS_S
    while True:
        held = _held(rig, again, place, network)
        if isinstance(stored, Unavailable) or isinstance(held, Unavailable):
            return stored if isinstance(stored, Unavailable) else Unavailable("it did not tell what it holds")
        lost = sum(max(0, n - held.get(topic, 0)) for topic, n in stored.items())
        if not lost or time.monotonic() > deadline:
            return float(lost)
        time.sleep(LOOK_S)


def _held(rig: Rig, broker: BrokerProcess, place: Place, network: Network) -> dict[str, int] | Unavailable:
    bootstrap = f"{broker.host}:{broker.port}"
    try:
        with network.entered():
            return {
                topic: sum(messages_held(bootstrap, topic, place.client_config).values())
                for topic in rig.topic_names
            }
    except MeasurementFailed as error:
        return Unavailable(str(error))
