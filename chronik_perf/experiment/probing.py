"""What a start is asked when its load is over: requests of other kinds, and to start again on what it has stored.

Every load is of nothing but produce and begins on an empty data directory, so what a consumer or a restart would meet
is in none of its figures.
"""

from __future__ import annotations

from chronik_perf.experiment.place import Place
from chronik_perf.experiment.plan import SOON_S
from chronik_perf.experiment.rig import Rig
from chronik_perf.load.asking import ask
from chronik_perf.load.topics import messages_held
from chronik_perf.model import Measured, MeasurementFailed, ProbeName, Unavailable, known
from chronik_perf.network import Network
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.sut import BrokerProcess
from chronik_perf.sut.running import NOT_STARTED

# How long a restart is waited for: so many times what the start on an empty folder took.
PATIENCE, LEAST_PATIENCE_S = 10, 10.0
_RESTARTED: tuple[ProbeName, ...] = ("restart_time", "restart_memory", "restart_lost")
_ASKED: tuple[ProbeName, ...] = ("misordered", "beside_slow", "delivery")
_NOT_PLAIN = Unavailable("it is asked without TLS or SASL alone")


def answers(rig: Rig, place: Place, network: Network) -> dict[ProbeName, Measured]:
    """Ask a broker that serves for other things than its load. Raises MeasurementFailed where nobody answers."""
    if place.client_config is not None:
        return dict.fromkeys(_ASKED, _NOT_PLAIN)
    topic = rig.topic_names[0]
    with network.entered():
        told = ask(f"{rig.broker.host}:{rig.broker.port}", topic)
    return {
        "misordered": told.misordered,
        "beside_slow": told.beside_slow_ms,
        "delivery": told.delivery_ms,
    }


def restarts_soon(rig: Rig) -> bool:
    """Tell whether the broker starts so fast that it can be started again on every start that is probed."""
    ready_s = known(rig.broker.ready_s)
    return ready_s is None or ready_s <= SOON_S


def started_again(rig: Rig, place: Place, network: Network) -> dict[ProbeName, Measured]:
    """Stop a broker and start it once more on its data; it is stopped again then.

    One that does not come up gives the reason in each value.
    """
    if not isinstance(rig.broker, BrokerProcess) or rig.data_dir is None:
        return dict.fromkeys(_RESTARTED, Unavailable(NOT_STARTED))
    try:
        stored = _held(rig, rig.broker, place, network)
        rig.stop()
        log = rig.broker.log_path
        again = BrokerProcess.start(
            rig.target,
            data_dir=rig.data_dir,
            core=place.broker_core,
            hash_seed=rig.seed,
            log_path=log.with_name(f"{log.stem}-again{log.suffix}"),
            ready_timeout_s=max(LEAST_PATIENCE_S, PATIENCE * rig.broker.ready_s),
            network=network,
        )
    except MeasurementFailed as error:
        return dict.fromkeys(_RESTARTED, Unavailable(str(error)))
    try:
        rss = ProcessSampler(again.pid).rss_bytes()
        held = _held(rig, again, place, network)
        return {
            "restart_time": again.ready_s,
            "restart_memory": rss if isinstance(rss, Unavailable) else rss / 1e6,
            "restart_lost": float(sum(max(0, n - held.get(topic, 0)) for topic, n in stored.items())),
        }
    except MeasurementFailed as error:
        return {"restart_time": again.ready_s, **dict.fromkeys(_RESTARTED[1:], Unavailable(str(error)))}
    finally:
        again.stop()


def _held(rig: Rig, broker: BrokerProcess, place: Place, network: Network) -> dict[str, int]:
    bootstrap = f"{broker.host}:{broker.port}"
    with network.entered():
        return {
            topic: sum(messages_held(bootstrap, topic, place.client_config).values())
            for topic in rig.topic_names
        }
