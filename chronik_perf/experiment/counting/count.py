"""The order of a count: each version started, in short runs and long ones, again and again.

What a start costs is the same in both lengths and goes out of their difference. A third kind of run, short and then
left alone for a while, shows what timers do in a second.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from chronik_perf.experiment.counting.rest import idle_share, wait_for_rest
from chronik_perf.experiment.counting.valgrind import Valgrind
from chronik_perf.load.topics import create_topic, messages_held
from chronik_perf.load.wire.bursts import Bursts
from chronik_perf.model import SIDES, MeasurementFailed, Side, Target, Unavailable, Workload
from chronik_perf.model.instructions import CountedRun
from chronik_perf.sampling.cpu import CpuClock
from chronik_perf.sut import BrokerProcess

BURST = 32
"""Requests in flight, more than the batches that any known broker waits for before it commits."""

_VALUE_BYTES = 256
_IDLE_S = 2.0
# A program is 20 to 50 times slower under valgrind.
_READY_TIMEOUT_S, _STOP_GRACE_S = 120.0, 30.0
_ENDING_S = 3.0
_PATIENCE_S = 30.0
_TOPIC = "perf-instructions"

_LOAD = Workload(
    name="counted",
    title="instructions",
    driver="wire",
    acks=1,
    message_size_bytes=_VALUE_BYTES,
    in_flight=1,
    linger_ms=0,
    partitions=1,
    slice_s=0,
    slice_bytes=0,
)


@dataclass(frozen=True, slots=True)
class CountingPlan:
    """Messages of the short and of the long run, how often both are repeated, and the hash seed of all starts."""

    short: int
    long: int
    repeats: int
    hash_seed: int = 0

    def describe(self) -> str:
        """Say the load in words."""
        return (
            f"{_VALUE_BYTES} B, acks=1, one message a request, bursts of {BURST} requests on one connection, "
            f"{self.short:,} and {self.long:,} messages"
        )


def count(
    targets: tuple[Target, Target],
    plan: CountingPlan,
    valgrind: Valgrind,
    folder: Path,
    core: int | None,
    say: Callable[[str], None],
) -> Iterator[CountedRun]:
    """Count both versions, repeat by repeat; yields each run when it is done.

    The folder is for the brokers' data and logs and may be in memory: what a disk does costs no instructions. The
    second repeat begins with the other side, so that none is always the first. Raises MeasurementFailed if a broker
    fails, or stores less than it acknowledged, with everything ended again.
    """
    for repeat in range(plan.repeats):
        for side in SIDES if repeat % 2 == 0 else reversed(SIDES):
            target = targets[SIDES.index(side)]
            lengths = [(plan.short, 0.0), (plan.long, 0.0)]
            if repeat == 0:
                lengths.append((plan.short, _IDLE_S))
            for messages, idle_s in lengths:
                then = f", then {idle_s:g} s left alone" if idle_s else ""
                say(f"repeat {repeat + 1} of {plan.repeats}: {target.name}, {messages:,} messages{then}")
                yield _run(side, target, repeat, messages, idle_s, plan.hash_seed, valgrind, folder, core)


def _run(
    side: Side,
    target: Target,
    repeat: int,
    messages: int,
    idle_s: float,
    hash_seed: int,
    valgrind: Valgrind,
    folder: Path,
    core: int | None,
) -> CountedRun:
    # The same names in every run: a path is part of what a broker works on.
    data, counted = folder / "data", folder / "counted"
    for made in (data, counted):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
    broker = BrokerProcess.start(
        target,
        data_dir=data,
        core=core,
        hash_seed=hash_seed,
        log_path=folder / f"{side}.log",
        ready_timeout_s=_READY_TIMEOUT_S,
        wrap=valgrind.wrap(counted),
    )
    try:
        load_s, rested = _serve(broker, messages)
        sleep(idle_s)
        outcome = broker.stop(_STOP_GRACE_S)
    finally:
        broker.kill()
        shutil.rmtree(data, ignore_errors=True)
    if outcome.note:
        raise MeasurementFailed(
            f"{target.name} {outcome.note}, so its instructions were not counted to the end"
        )
    counts = valgrind.read(counted)
    return CountedRun(side, repeat, messages, counts.instructions, load_s, rested, idle_s, counts.by_function)


def _serve(broker: BrokerProcess, messages: int) -> tuple[float, bool]:
    """Give the load; return the seconds until the broker had done all of it, and whether that was seen at all."""
    bootstrap = f"{broker.host}:{broker.port}"
    create_topic(bootstrap, _TOPIC, 1)
    rng = random.Random(0)  # the same bytes every time
    values = [rng.randbytes(_VALUE_BYTES) for _ in range(BURST)]
    cpu = CpuClock(broker.pid)
    idle = idle_share(cpu)
    load = Bursts(_LOAD, bootstrap, _TOPIC, BURST, values)
    try:
        load_s = load.give(messages)
    except MeasurementFailed as error:
        # What became of the broker says more than that its connection is gone; under valgrind it ends slowly.
        raise MeasurementFailed(broker.failure_soon(_ENDING_S) or str(error)) from error
    finally:
        load.close()
    rest_s = wait_for_rest(cpu, idle, _PATIENCE_S)
    stored = sum(messages_held(bootstrap, _TOPIC).values())
    if stored != messages:
        raise MeasurementFailed(
            f"{broker.target.name} acknowledged {messages:,} messages and stored {stored:,}; "
            "instructions are divided by what is stored, so the two must agree"
        )
    return (load_s, False) if isinstance(rest_s, Unavailable) else (load_s + rest_s, True)
