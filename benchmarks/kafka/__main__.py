"""Puts `perf bench` and Kafka's own ProducerPerformance on the same Kafka, in turn, and asks whether they agree.

    python -m benchmarks.kafka REPOSITORY [--version 4.3.1] [--rounds 8] [--seconds 5] [--in-flight 128]

REPOSITORY is what make-repository.sh made. Both send messages of 256 B with acks=1, one message a request, so many in
flight on one connection: README.md says why. In each round both run once, in random order, after a first run of each
that counts for nothing. The broker has one core, the loads the other.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

from benchmarks.kafka.rounds import Load, agreement, perf_bench, producer_performance, tools_of
from chronik_perf.experiment import machine_lock
from chronik_perf.model import PerfError
from chronik_perf.sampling.cpu import CpuClock
from chronik_perf.sampling.machine import choose_cores
from chronik_perf.sut import BrokerProcess
from chronik_perf.targets import resolve

SEED = 20261126


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Do perf bench and Kafka's own benchmark agree?")
    parser.add_argument("repository", type=Path)
    parser.add_argument("--version", default="4.3.1")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--in-flight", type=int, default=128)
    asked = parser.parse_args()
    if asked.rounds < 2 or asked.seconds < 0.1 or asked.in_flight < 1:
        parser.error("give at least 2 rounds of at least 0.1 s, and at least 1 message in flight")
    with machine_lock(True, say), tempfile.TemporaryDirectory(prefix="perf-kafka-") as scratch:
        target = resolve(asked.version, repository=asked.repository, say=say)
        assert target.cwd is not None
        tools = tools_of(Path(target.cwd), say)
        folder = Path(scratch)
        data = folder / "data"
        data.mkdir()
        broker_core, load_core, warning = choose_cores()
        if warning:
            say(warning)
        broker = BrokerProcess.start(
            target, data_dir=data, core=broker_core, hash_seed=0, log_path=folder / "kafka.log"
        )
        try:
            address, cpu = f"{broker.host}:{broker.port}", CpuClock(broker.pid)
            load = Load(address, cpu, asked.in_flight, asked.seconds, load_core, folder)
            warm = perf_bench(load)
            producer_performance(load, tools, warm.msgs_per_s)
            order = random.Random(SEED)
            ours, theirs = [], []
            for number in range(asked.rounds):
                for one in order.sample(("ours", "theirs"), 2):
                    if one == "ours":
                        ours.append(perf_bench(load))
                    else:
                        theirs.append(producer_performance(load, tools, warm.msgs_per_s))
                print(
                    f"round {number + 1}: perf bench {ours[-1]}; ProducerPerformance {theirs[-1]}", flush=True
                )
        finally:
            broker.stop()
    print("\n" + agreement(ours, theirs))


if __name__ == "__main__":
    try:
        main()
    except PerfError as error:
        sys.exit(f"benchmarks.kafka: {error}")
