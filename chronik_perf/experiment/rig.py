"""A rig: one started broker with its load processes and its samplers, all to be ended together."""

from __future__ import annotations

import contextlib
import logging
import math
import random
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chronik_perf.environment import HASH_SEED
from chronik_perf.experiment.place import delete_data
from chronik_perf.experiment.processes import sampled
from chronik_perf.experiment.quiet import Quiet, idle_shares, wait_until_quiet
from chronik_perf.interrupts import held_back
from chronik_perf.load import LoadProcess, OwnTopic, merge
from chronik_perf.model import (
    Latency,
    Measured,
    MeasurementFailed,
    Side,
    Slice,
    Start,
    Target,
    Unavailable,
)
from chronik_perf.sampling.cpu import CpuClock
from chronik_perf.sampling.metrics import MetricsSampler
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.secrecy import redact
from chronik_perf.sut import Beside, BrokerProcess, RunningBroker

# How long a broker is waited for: by the pilot, to tell one that never rests; then by every slice, where the pilot
# has seen it rest; and where it never does, in whole starts that alternate.
PILOT_PATIENCE_S = 2.0
PATIENCE_S = 10.0
LITTLE_PATIENCE_S = 0.1
# How long one is left alone whose CPU cannot be watched. As long as a broker that has put off nothing needs; what goes
# on for longer cannot be seen, and waiting for it would be guessing.
UNWATCHED_REST_S = 0.03
# Rest that was seen so lately still holds; what happens in between is a scrape and a choice of side.
RECENTLY_S = 0.03
LOOKS, LOOK_S = 5, 0.0005

NOT_READ = Unavailable("not read")


@dataclass(slots=True)
class Rig:
    """One start under measurement. Make it with `start_rig`; end it with `close` (asks) or `kill` (does not).

    `topics` are those that must be deleted, since the broker outlives them, `topic_names` one for each workload;
    `data_dir` is None where the broker's data are its owner's.
    """

    side: Side
    target: Target
    order: int
    seed: int
    data_dir: Path | None
    broker: BrokerProcess | RunningBroker
    cpu: CpuClock
    metrics: MetricsSampler
    process: ProcessSampler
    beside: Beside | None = None
    loads: dict[str, LoadProcess] = field(default_factory=dict)
    topics: list[OwnTopic] = field(default_factory=list)
    topic_names: list[str] = field(default_factory=list)
    idle: float = 0.0
    resting_rss_bytes: Measured = NOT_READ
    patience_s: float = PILOT_PATIENCE_S
    slices: list[Slice] = field(default_factory=list)
    steady: dict[str, bool] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rested_at: float = -math.inf  # when it was last seen at rest, by the monotonic clock

    @property
    def watched(self) -> bool:
        """Tell whether it can be seen at work: the process of a broker that perf did not start is not looked into."""
        return isinstance(self.broker, BrokerProcess)

    def rss_bytes(self) -> Measured:
        """Resident memory of the broker."""
        return self.process.rss_bytes()

    def ask_to_stop(self) -> None:
        """Stop the loads, ask the broker to stop, and come back while it does. Harmless where that was done."""
        for load in self.loads.values():
            load.stop()
        self.metrics.close()
        if isinstance(self.broker, BrokerProcess):
            self.broker.ask_to_stop()

    def stop(self) -> None:
        """Stop the loads and the broker; what it did when asked is noted. Harmless where that was done."""
        self.ask_to_stop()
        if isinstance(self.broker, BrokerProcess):
            outcome = self.broker.stop()
            if outcome.note and outcome.note not in self.notes:
                self.notes.append(outcome.note)

    def close(self) -> None:
        """Stop all, and delete the broker's data.

        A broker that ran before goes on, and the topics that were made on it are deleted. Raises MeasurementFailed if
        one cannot be: every further block would leave more on somebody else's disk.
        """
        self.stop()
        left = self._delete_topics()
        if self.data_dir is not None:
            delete_data(self.data_dir)
        if left:
            raise MeasurementFailed(
                f"{left[0]}; delete it, and let perf delete what it makes, or measure elsewhere"
            )

    def kill(self) -> None:
        """End everything at once: for Ctrl-C and failures, where nobody wants to wait."""
        for load in self.loads.values():
            with contextlib.suppress(Exception):
                load.kill()
        with contextlib.suppress(Exception):
            self.metrics.close()
        if isinstance(self.broker, BrokerProcess):
            with contextlib.suppress(Exception):
                self.broker.kill()
        if self.data_dir is not None:
            shutil.rmtree(self.data_dir, ignore_errors=True)
        for left in self._delete_topics():
            # There is no result that could say it.
            logging.getLogger(__name__).warning(left)

    def _delete_topics(self) -> list[str]:
        """Delete the topics, and give a sentence for each that is left; where one cannot be, the others are not tried.

        One that does not answer would be waited for again and again.
        """
        left: list[str] = []
        with held_back():
            for topic in self.topics:
                why = "made for this run and NOT deleted, as the one before" if left else topic.delete()
                if why:
                    left.append(f"topic {topic.name} on {self.target.name} was {why}")
        self.topics.clear()
        return left

    def freeze(self) -> Start:
        """Give the start as it was measured, latencies of its gate slices merged. Call it before `close`."""
        if self.beside is not None and (note := self.beside.note()):
            self.notes.append(note)
        gates: dict[str, list[Latency]] = {}
        for s in self.slices:
            if s.load.response is not None:
                gates.setdefault(s.workload, []).append(s.load.response)
        return Start(
            side=self.side,
            target=self.target.name,
            seed=self.seed if self.watched else None,
            order=self.order,
            port=self.broker.port,
            data_dir=self.data_dir.name if self.data_dir else "",
            ready_s=self.broker.ready_s,
            config=self.broker.config,
            environment=_seen_environment(self.broker),
            slices=tuple(self.slices),
            latency={name: merge(latencies) for name, latencies in gates.items()},
            steady=dict(self.steady),
            process=_processes(self),
            notes=tuple(self.notes),
        )


def wait_for_rest(rigs: Sequence[Rig]) -> list[Quiet]:
    """Wait until several brokers rest, side by side, or patience with them ends; give how each came to rest.

    One that cannot be watched is left alone for a moment, and all the others with it.
    """
    quiets = wait_until_quiet([(rig.cpu, rig.idle) for rig in rigs], max(rig.patience_s for rig in rigs))
    if not all(rig.watched for rig in rigs):
        time.sleep(UNWATCHED_REST_S)
    now = time.monotonic()
    for rig, quiet in zip(rigs, quiets, strict=True):
        restless = rig.watched and isinstance(quiet.after_s, Unavailable)
        rig.rested_at = -math.inf if restless else now
    return quiets


def begin_at_rest(rigs: Sequence[Rig]) -> None:
    """Make sure that all rest before one of them gets load; who does not rest at the end of patience is noted.

    Who was seen at rest a moment ago, and has no thread at work now, need not be watched again: a third of the time
    between slices went into that, and a machine changes its speed while nothing is measured.
    """
    recently = time.monotonic() - RECENTLY_S
    if all(rig.rested_at > recently for rig in rigs) and idle_soon(rigs):
        return
    for rig, quiet in zip(rigs, wait_for_rest(rigs), strict=True):
        if rig.watched and isinstance(quiet.after_s, Unavailable) and rig.patience_s > LITTLE_PATIENCE_S:
            note = f"a slice began though it was {quiet.after_s.reason}"
            if note not in rig.notes:
                rig.notes.append(note)


def idle_soon(rigs: Sequence[Rig]) -> bool:
    """Tell whether no thread of any broker is at work, give or take the end of a scrape of its metrics."""
    for _ in range(LOOKS):
        if not any(rig.cpu.runnable() for rig in rigs):
            return True
        time.sleep(LOOK_S)
    return False


def _seen_environment(broker: BrokerProcess | RunningBroker) -> dict[str, str]:
    """Give what a broker sees of the environment, as it may be kept; the seed is kept by itself."""
    if isinstance(broker, RunningBroker):
        return {}
    return redact({k: v for k, v in broker.environment.items() if k != HASH_SEED})


def _processes(rig: Rig) -> dict[str, Measured]:
    """Give what the processes have used and hold now, and the broker before it was asked for anything."""
    pid = rig.broker.pid
    return {
        "idle_share": pid if isinstance(pid, Unavailable) else rig.idle,
        "resting_rss_bytes": rig.resting_rss_bytes,
        **sampled(rig.process, pid, rig.loads),
    }


def learn_idling(rigs: Sequence[Rig]) -> None:
    """Measure what each of the brokers uses and holds while nobody asks it for anything; the quiet rule needs it."""
    for rig, share in zip(rigs, idle_shares([rig.cpu for rig in rigs]), strict=True):
        rig.idle = share
        rig.resting_rss_bytes = rig.process.rss_bytes()


def rigs_end(rigs: Sequence[Rig], rng: random.Random) -> None:
    """Close several rigs in random order, so that neither side is always the first; they stop side by side."""
    ordered = rng.sample(list(rigs), len(rigs))
    for rig in ordered:
        rig.ask_to_stop()
    for rig in ordered:
        rig.close()
