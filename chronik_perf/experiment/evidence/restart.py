"""Starts a broker that was stopped again, on the data that it has stored."""

from __future__ import annotations

from collections.abc import Sequence

from chronik_perf.experiment.place import Place
from chronik_perf.experiment.rig import Rig
from chronik_perf.network import Network
from chronik_perf.sut import BrokerProcess


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
