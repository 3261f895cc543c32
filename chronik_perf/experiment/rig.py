"""A rig: one started broker with its load processes and its samplers, all to be ended together."""

from __future__ import annotations

import contextlib
import math
import random
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chronik_perf.experiment.place import Place, delete_data
from chronik_perf.experiment.quiet import Quiet, idle_shares, wait_until_quiet
from chronik_perf.interrupts import held_back
from chronik_perf.load import LoadProcess, create_topic, merge
from chronik_perf.model import (
    Latency,
    Measured,
    MeasurementFailed,
    Side,
    Slice,
    Start,
    Target,
    Unavailable,
    Workload,
)
from chronik_perf.sampling.cpu import CpuClock
from chronik_perf.sampling.metrics import MetricsSampler
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.sut import BrokerProcess

# How long a broker is waited for: by the pilot, to tell one that never rests; then by every slice, where the pilot
# has seen it rest; and where it never does, in whole starts that alternate.
PILOT_PATIENCE_S = 2.0
PATIENCE_S = 10.0
LITTLE_PATIENCE_S = 0.1
# Rest that was seen so lately still holds; what happens in between is a scrape and a choice of side.
RECENTLY_S = 0.03
LOOKS, LOOK_S = 5, 0.0005


@dataclass(slots=True)
class Rig:
    """One start under measurement. Make it with `start_rig`; end it with `close` (asks) or `kill` (does not)."""

    side: Side
    target: Target
    order: int
    seed: int
    data_dir: Path
    broker: BrokerProcess
    cpu: CpuClock
    metrics: MetricsSampler
    process: ProcessSampler
    loads: dict[str, LoadProcess] = field(default_factory=dict)
    idle: float = 0.0
    patience_s: float = PILOT_PATIENCE_S
    slices: list[Slice] = field(default_factory=list)
    steady: dict[str, bool] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rested_at: float = -math.inf  # when it was last seen at rest, by the monotonic clock

    def rss_bytes(self) -> Measured:
        """Resident memory of the broker."""
        return self.process.rss_bytes()

    def close(self) -> None:
        """Stop the loads, ask the broker to stop, and delete its data; what it did when asked is noted."""
        for load in self.loads.values():
            load.stop()
        self.metrics.close()
        outcome = self.broker.stop()
        if outcome.note:
            self.notes.append(outcome.note)
        delete_data(self.data_dir)

    def kill(self) -> None:
        """End everything at once: for Ctrl-C and failures, where nobody wants to wait."""
        for load in self.loads.values():
            with contextlib.suppress(Exception):
                load.kill()
        with contextlib.suppress(Exception):
            self.metrics.close()
        with contextlib.suppress(Exception):
            self.broker.kill()
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def freeze(self) -> Start:
        """Give the start as it was measured, latencies of its gate slices merged. Call it before `close`."""
        gates: dict[str, list[Latency]] = {}
        for s in self.slices:
            if s.load.response is not None:
                gates.setdefault(s.workload, []).append(s.load.response)
        return Start(
            side=self.side,
            target=self.target.name,
            seed=self.seed,
            order=self.order,
            port=self.broker.port,
            data_dir=self.data_dir.name,
            ready_s=self.broker.ready_s,
            config=self.broker.config,
            slices=tuple(self.slices),
            latency={name: merge(latencies) for name, latencies in gates.items()},
            steady=dict(self.steady),
            process=_processes(self),
            notes=tuple(self.notes),
        )


def wait_for_rest(rigs: Sequence[Rig]) -> list[Quiet]:
    """Wait until several brokers rest, side by side, or patience with them ends; give how each came to rest."""
    quiets = wait_until_quiet([(rig.cpu, rig.idle) for rig in rigs], max(rig.patience_s for rig in rigs))
    now = time.monotonic()
    for rig, quiet in zip(rigs, quiets, strict=True):
        rig.rested_at = -math.inf if isinstance(quiet.after_s, Unavailable) else now
    return quiets


def begin_at_rest(rigs: Sequence[Rig]) -> None:
    """Make sure that all rest before one of them gets load; who does not rest at the end of patience is noted.

    Who was seen at rest a moment ago, and has no thread at work now, need not be watched again: a third of the time
    between slices went into that, and a machine changes its speed while nothing is measured.
    """
    recently = time.monotonic() - RECENTLY_S
    if all(rig.rested_at > recently for rig in rigs) and _idle_soon(rigs):
        return
    for rig, quiet in zip(rigs, wait_for_rest(rigs), strict=True):
        if isinstance(quiet.after_s, Unavailable) and rig.patience_s > LITTLE_PATIENCE_S:
            note = f"a slice began though it was {quiet.after_s.reason}"
            if note not in rig.notes:
                rig.notes.append(note)


def _idle_soon(rigs: Sequence[Rig]) -> bool:
    """Tell whether no thread of any broker is at work, give or take the end of a scrape of its metrics."""
    for _ in range(LOOKS):
        if not any(rig.cpu.runnable() for rig in rigs):
            return True
        time.sleep(LOOK_S)
    return False


def _processes(rig: Rig) -> dict[str, Measured]:
    """Sample the broker's process and the load processes once, with the reason where a value is missing."""
    values: dict[str, Measured] = {"idle_share": rig.idle}
    samplers = {
        "": rig.process,
        **{f"load {name}: ": ProcessSampler(load.pid) for name, load in rig.loads.items()},
    }
    for prefix, sampler in samplers.items():
        values.update({prefix + name: value for name, value in sampler.sample().items()})
        values.update({prefix + name: Unavailable(why) for name, why in sampler.unavailable.items()})
    return values


def start_rig(
    side: Side,
    target: Target,
    workloads: Sequence[Workload],
    place: Place,
    *,
    order: int,
    seed: int,
    data_name: str,
    log_name: str,
) -> Rig:
    """Start a broker afresh with one load process a workload, topics made beforehand.

    Raises MeasurementFailed with everything ended again if any part does not start.
    """
    data_dir = place.data_root / data_name
    shutil.rmtree(data_dir, ignore_errors=True)
    data_dir.mkdir(parents=True)
    loads: dict[str, LoadProcess] = {}
    try:
        # They load their code on their own core while the broker starts on its own.
        for workload in workloads:
            with held_back():
                loads[workload.name] = LoadProcess.spawn(workload, place.load_core)
        broker = BrokerProcess.start(
            target,
            data_dir=data_dir,
            core=place.broker_core,
            hash_seed=seed,
            log_path=place.logs / f"{log_name}.log",
        )
    except BaseException:
        for load in loads.values():
            with contextlib.suppress(Exception):
                load.kill()
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
        metrics=MetricsSampler(broker.host, broker.metrics_port),
        process=ProcessSampler(broker.pid),
        loads=loads,
    )
    try:
        bootstrap = f"{broker.host}:{broker.port}"
        for workload in workloads:
            topic = f"perf-{workload.name}"
            create_topic(bootstrap, topic, workload.partitions)
            loads[workload.name].connect(bootstrap, topic)
        # The first scrape imports and compiles in the broker; it must not fall into a slice.
        rig.metrics.sample()
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


def learn_idling(rigs: Sequence[Rig]) -> None:
    """Measure what each of the brokers uses while nobody asks it for anything; the quiet rule needs it."""
    for rig, share in zip(rigs, idle_shares([rig.cpu for rig in rigs]), strict=True):
        rig.idle = share


def rigs_end(rigs: Sequence[Rig], rng: random.Random) -> None:
    """Close several rigs in random order, so that neither side is always stopped under the other's eyes."""
    for rig in rng.sample(list(rigs), len(rigs)):
        rig.close()
