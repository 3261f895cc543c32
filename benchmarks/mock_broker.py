"""The reference broker beside librdkafka's mock broker, on the same client loads, in one run.

The mock broker (``test.mock.num.brokers``) is written in C and stores nothing; the reference broker syncs
before it acknowledges and has its telemetry on. Both are up all the time; their turns alternate, in random
order within a round. The broker runs on one core and the generator on the other where there are two.

    python benchmarks/mock_broker.py [--rounds 3] [--seconds 1.5] [--version v2.2.0] [--loads c128,raw128]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
MOCK = """
import sys, time
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1})
print(next(iter(producer.list_topics(timeout=10).brokers.values())), flush=True)
sys.stdin.read()
"""


def pinned(core: int) -> list[str]:
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[core])] if len(cores) > 1 and shutil.which("taskset") else []


def start_mock() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [*pinned(0), sys.executable, "-c", MOCK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().split("/")[0].strip()


def start_reference(version: str, data_dir: str, settings: list[str]) -> tuple[subprocess.Popen[str], str]:
    command = [*pinned(0), sys.executable, "-m", "broker", "start", "--data-dir", data_dir, "--port", "0"]
    command += ["--version", version]
    for setting in settings:
        command += ["--set", setting]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    return process, f"127.0.0.1:{ready['port']}"


def measure(load: str, address: str, seconds: float) -> tuple[float, float]:
    """Messages stored a second, and the share of the generator's core that was busy."""
    done = subprocess.run(
        [*pinned(1), sys.executable, str(HERE / "loads.py"), load, address, f"bench-{load}", str(seconds)],
        capture_output=True,
        text=True,
        timeout=seconds + 40,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"load {load} on {address} failed: {done.stderr.strip()[-500:]}")
    result = json.loads(done.stdout)
    return result["stored"] / result["window_s"], result["generator_cpu_s"] / result["window_s"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--version", default="v2.2.0")
    parser.add_argument("--loads", default="c128,full1,full0,raw128")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()
    data_dir = tempfile.mkdtemp(dir=Path.cwd(), prefix=".benchmark-")
    processes: list[subprocess.Popen[str]] = []
    try:
        mock, mock_address = start_mock()
        processes.append(mock)
        reference, reference_address = start_reference(arguments.version, data_dir, arguments.set)
        processes.append(reference)
        addresses = {"reference": reference_address, "mock": mock_address}
        print(
            f"{'load':8} {'reference':>12} {'mock broker':>12} {'ratio':>6}  generator busy (reference, mock)"
        )
        for load in arguments.loads.split(","):
            rates: dict[str, list[float]] = {name: [] for name in addresses}
            busy: dict[str, list[float]] = {name: [] for name in addresses}
            for _ in range(arguments.rounds):
                for name in random.sample(sorted(addresses), len(addresses)):
                    rate, share = measure(load, addresses[name], arguments.seconds)
                    rates[name].append(rate)
                    busy[name].append(share)
            ours, theirs = (statistics.median(rates[name]) for name in addresses)
            shares = ", ".join(f"{statistics.median(busy[name]):.0%}" for name in addresses)
            print(f"{load:8} {ours:10,.0f}/s {theirs:10,.0f}/s {ours / theirs:6.2f}  {shares}", flush=True)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        shutil.rmtree(data_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
