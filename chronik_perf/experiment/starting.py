"""How a rig comes to be: the broker started afresh or found, its loads beside it, topics made, all connected."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from chronik_perf.experiment.place import Place
from chronik_perf.experiment.rig import Rig
from chronik_perf.interrupts import held_back
from chronik_perf.load import LoadProcess, OwnTopic, nursery
from chronik_perf.model import MeasurementFailed, Side, Target, Workload
from chronik_perf.network import Network
from chronik_perf.sampling.cpu import CpuClock
from chronik_perf.sampling.metrics import MetricsSampler
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.sut import Beside, BrokerProcess, RunningBroker


def start_rig(
    side: Side,
    target: Target,
    workloads: Sequence[Workload],
    place: Place,
    network: Network,
    *,
    order: int,
    seed: int,
    data_name: str,
    log_name: str,
) -> Rig:
    """Start a broker afresh, or find the one that runs, with one load process a workload, topics made beforehand.

    Broker and loads are in `network`, and what this process asks the broker is asked there.

    Raises MeasurementFailed with everything ended again if any part does not start.
    """
    data_dir = None if target.runs_already else place.data_root / data_name
    loads: dict[str, LoadProcess] = {}
    try:
        nursery()  # in the network that all share: those of the sides are gone before it is
        for workload in workloads:
            with held_back(), network.entered():
                loads[workload.name] = LoadProcess.spawn(workload, place.load_core, place.client_config)
        broker = (
            RunningBroker.find(target)
            if data_dir is None
            else _started(target, data_dir, place, network, seed, place.logs / f"{log_name}.log")
        )
    except BaseException:
        for load in loads.values():
            with contextlib.suppress(Exception):
                load.kill()
        if data_dir is not None:
            shutil.rmtree(data_dir, ignore_errors=True)
        raise
    rig = Rig(
        side=side,
        target=target,
        order=order,
        seed=seed,
        data_dir=data_dir,
        broker=broker,
        cpu=CpuClock(broker.pid),
        metrics=MetricsSampler(broker.metrics_url, target.interesting, network),
        process=ProcessSampler(broker.pid),
        beside=Beside(broker.owner) if isinstance(broker, BrokerProcess) else None,
        loads=loads,
    )
    try:
        bootstrap = f"{broker.host}:{broker.port}"
        for workload in workloads:
            topic = OwnTopic(bootstrap, f"perf-{workload.name}", workload.partitions, place.client_config)
            if target.runs_already:
                rig.topics.append(topic)
            rig.topic_names.append(topic.name)
            with network.entered():
                topic.make()
            loads[workload.name].begin_connecting(bootstrap, topic.name)
        for load in loads.values():
            load.finish_connecting()
        # The first scrape imports and compiles in the broker; it must not fall into a slice.
        rig.metrics.sample()
        if target.runs_already and target.metrics_url and rig.metrics.unread:
            raise MeasurementFailed(f"{rig.metrics.unread}; correct or leave away what follows {target.name}")
    except MeasurementFailed as error:
        try:
            cause = broker.cause_of(error)
        finally:
            rig.kill()
        raise cause from None
    except BaseException:
        rig.kill()
        raise
    return rig


def _started(
    target: Target, data_dir: Path, place: Place, network: Network, seed: int, log_path: Path
) -> BrokerProcess:
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir(parents=True)
    return BrokerProcess.start(
        target,
        data_dir=data_dir,
        core=place.broker_core,
        hash_seed=seed,
        log_path=log_path,
        network=network,
    )
