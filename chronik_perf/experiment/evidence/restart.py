"""What a start shows that is stopped, or killed, and started again on what it has stored.

Every load begins on an empty data directory, so none of its figures has anything of it.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence

from chronik_perf.experiment.place import Place
from chronik_perf.experiment.plan import SOON_S
from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import ALL_REPLICAS, AskedLog, fill, waiting_consumer, why
from chronik_perf.load.topics import messages_held
from chronik_perf.model import Measured, MeasurementFailed, ProbeName, Unavailable, known
from chronik_perf.network import Network
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.sut import BrokerProcess

# How long a restart is waited for: so many times what the start on an empty folder took.
PATIENCE, LEAST_PATIENCE_S = 10, 10.0
# A start on data takes so much longer than one on none, as far as it is planned.
LONGER = 2
# How long messages may be missing in a broker that serves again, and how often is looked.
RECOVERS_S, LOOK_S = 2.0, 0.05
CRASH_BURSTS = 1  # what a broker is killed behind
TOLD_BY_RESTARTS: tuple[ProbeName, ...] = (
    "stop_time",
    "restart_time",
    "restart_memory",
    "restart_lost",
    "crash_time",
    "crash_lost",
)
_KILLED = Unavailable("it did not stop when it was asked to and was killed")


def restart(
    rig: Rig, place: Place, network: Network, called: str, patience_s: float, wrap: Sequence[str] = ()
) -> BrokerProcess:
    """Start it as it was started before, with a log of its own that is `called` so, and `wrap` put in front of it.

    The caller ends it. Raises MeasurementFailed if it does not serve within `patience_s`; TypeError for a broker that
    perf did not start.
    """
    if not isinstance(rig.broker, BrokerProcess) or rig.data_dir is None:
        raise TypeError("what perf did not start it cannot start again")
    log = rig.broker.log_path
    return BrokerProcess.start(
        rig.target,
        data_dir=rig.data_dir,
        core=place.broker_core,
        hash_seed=rig.seed,
        log_path=log.with_name(f"{log.stem}-{called}{log.suffix}"),
        ready_timeout_s=patience_s,
        wrap=wrap,
        network=network,
    )


def log_of(rig: Rig, broker: BrokerProcess) -> AskedLog:
    """Give the first load's log on a broker that has the rig's data, be it the rig's own or one started after it."""
    return AskedLog(rig.topic_names[0], 0, (broker.host, broker.port))


def restart_fits(rig: Rig, start: int, left_s: float) -> bool:
    """Tell whether there is time to start a broker again: on every start where that is soon done, else on the first."""
    ready_s = known(rig.broker.ready_s) or 0.0
    return (start == 0 or ready_s <= SOON_S) and LONGER * ready_s < left_s


def started_again(
    rig: Rig,
    place: Place,
    network: Network,
    most_s: float = math.inf,
    stop: Callable[[BrokerProcess], object] = BrokerProcess.stop,
) -> dict[ProbeName, Measured]:
    """Stop a broker and start it once more on its data; then kill it and start it again; by `stop` it is stopped then.

    One that does not come up, within `most_s` at the latest, gives the reason in each value; one that perf did not
    start gives none. It is not killed where no time is left for that. Whatever happens, nothing that was started here
    is left.
    """
    if not isinstance(rig.broker, BrokerProcess) or rig.data_dir is None:
        return {}
    stored = _held(rig, rig.broker, place, network)
    with waited_on(rig, rig.broker, place, network):
        rig.stop()
        stopped = rig.broker.stop()
    stop_time: Measured = stopped.took_s
    if stopped.killed or stopped.note:
        stop_time = _KILLED if stopped.killed else Unavailable(f"it {stopped.note}")
    patience_s = max(LEAST_PATIENCE_S, PATIENCE * rig.broker.ready_s)
    ends_s = time.monotonic() + most_s
    told: dict[ProbeName, Measured] = {"stop_time": stop_time}
    again = _within(rig, place, network, "again", most_s, patience_s)
    if not isinstance(again, BrokerProcess):
        return told | _of_each(("restart_time", "restart_memory", "restart_lost"), again)
    try:
        rss = ProcessSampler(again.pid).rss_bytes()
        told |= {
            "restart_time": again.ready_s,
            "restart_memory": rss if isinstance(rss, Unavailable) else rss / 1e6,
            "restart_lost": _KILLED if stopped.killed else _lost(rig, again, place, network, stored),
        }
        left_s = ends_s - time.monotonic()
        if place.client_config is None and LONGER * again.ready_s < left_s:
            killed, last = _killed(rig, again, place, network, left_s, patience_s)
            told |= killed
        else:
            last = again
    except BaseException:
        again.kill()
        raise
    if last is not None:
        try:
            stop(last)
        except BaseException:
            last.kill()
            raise
    return told


@contextlib.contextmanager
def waited_on(rig: Rig, broker: BrokerProcess, place: Place, network: Network) -> Iterator[None]:
    """Let a consumer wait meanwhile: brokers in service are never stopped without. None does where it cannot."""
    with contextlib.ExitStack() as stack:
        if place.client_config is None:
            log = log_of(rig, broker)
            with contextlib.suppress(MeasurementFailed), network.entered():
                stack.enter_context(waiting_consumer(log))
        yield


def _killed(
    rig: Rig, broker: BrokerProcess, place: Place, network: Network, most_s: float, patience_s: float
) -> tuple[dict[ProbeName, Measured], BrokerProcess | None]:
    """Kill a broker that has just acknowledged messages; give what it tells when it is started again, and serves.

    They are sent with acks=all: there are brokers that promise for less only what does not outlast their process.
    """
    log = log_of(rig, broker)
    try:
        with network.entered():
            fill(log, CRASH_BURSTS, ALL_REPLICAS)
        acknowledged = _held(rig, broker, place, network)
    except MeasurementFailed as error:
        return {"crash_lost": why(error, log.address)}, broker  # not killed, so its next start tells nothing
    broker.kill()
    again = _within(rig, place, network, "killed", most_s, patience_s)
    if not isinstance(again, BrokerProcess):
        return _of_each(("crash_time", "crash_lost"), again), None
    try:
        lost = _lost(rig, again, place, network, acknowledged)
    except BaseException:
        again.kill()
        raise
    return {"crash_time": again.ready_s, "crash_lost": lost}, again


def _within(
    rig: Rig, place: Place, network: Network, called: str, most_s: float, patience_s: float
) -> BrokerProcess | Unavailable | None:
    """Start it again; the reason where it does not serve, and None where `most_s` ended before the patience with it."""
    ends_s = time.monotonic() + most_s
    try:
        return restart(rig, place, network, called, min(most_s, patience_s))
    except MeasurementFailed as error:
        if most_s < patience_s and time.monotonic() > ends_s:
            return None
        return Unavailable(str(error))


def _of_each(names: Sequence[ProbeName], reason: Unavailable | None) -> dict[ProbeName, Measured]:
    """Give a reason for each of several values; nothing where there is none."""
    return dict.fromkeys(names, reason) if reason is not None else {}


def _lost(
    rig: Rig, again: BrokerProcess, place: Place, network: Network, stored: dict[str, int] | Unavailable
) -> Measured:
    """Count what a started broker has no more; one that still recovers when it opens its port is waited for."""
    if isinstance(stored, Unavailable):
        return stored
    deadline = time.monotonic() + RECOVERS_S
    while True:
        held = _held(rig, again, place, network)
        late = time.monotonic() > deadline
        if not isinstance(held, Unavailable):
            lost = sum(max(0, n - held.get(topic, 0)) for topic, n in stored.items())
            if not lost or late:
                return float(lost)
        elif late:
            return Unavailable("it did not tell what it holds")
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
