"""What the broker's telemetry costs under load: the same release with it on and off, in one run.

Each block starts both afresh and gives the raw load (128 connections, one message in each request, where a
cost for each batch shows most) to one of them at a time, in many short windows in random order, so that the
machine's drift cancels. Prints the ratio on / off of throughput and of CPU for each message, by block.

    python benchmarks/telemetry_cost.py [--blocks 6] [--windows 30] [--seconds 0.06]
"""

from __future__ import annotations

import argparse
import math
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).parent))
from loads import RawLoad, create
from mock_broker import pinned, start_reference

SIDES = {"on": "telemetry.enabled=true", "off": "telemetry.enabled=false"}
WARM_UP_S = 0.5


def cpu_s(pid: int) -> float:
    """CPU seconds of a process by the scheduler's clock."""
    tasks = Path(f"/proc/{pid}/task")
    return sum(int((tasks / t / "schedstat").read_text().split()[0]) for t in os.listdir(tasks)) / 1e9


async def block(windows: int, seconds: float, version: str, data_dir: str) -> tuple[float, float]:
    """Ratios on / off of messages a second and of CPU seconds a message, from two fresh starts."""
    processes: dict[str, subprocess.Popen[str]] = {}
    loads: dict[str, RawLoad] = {}
    messages = dict.fromkeys(SIDES, 0)
    window_s = dict.fromkeys(SIDES, 0.0)
    busy_s = dict.fromkeys(SIDES, 0.0)
    try:
        for side in random.sample(sorted(SIDES), 2):
            processes[side], address = start_reference(version, f"{data_dir}/{side}", [SIDES[side]])
            create(address, "cost")
            loads[side] = RawLoad()
            await loads[side].open(address, "cost")
            await loads[side].window(WARM_UP_S)
        for _ in range(windows):
            for side in random.sample(sorted(SIDES), 2):
                before_s = cpu_s(processes[side].pid)
                begun_s, ended_s, acknowledged = await loads[side].window(seconds)
                busy_s[side] += cpu_s(processes[side].pid) - before_s
                window_s[side] += ended_s - begun_s
                messages[side] += acknowledged
    finally:
        for load in loads.values():
            load.close()
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        for side in SIDES:
            shutil.rmtree(f"{data_dir}/{side}", ignore_errors=True)
    rate = {side: messages[side] / window_s[side] for side in SIDES}
    cost = {side: busy_s[side] / messages[side] for side in SIDES}
    print(
        f"  on {rate['on']:8,.0f} msg/s {cost['on'] * 1e6:6.2f} µs CPU a message; "
        f"off {rate['off']:8,.0f} msg/s {cost['off'] * 1e6:6.2f} µs",
        flush=True,
    )
    return rate["on"] / rate["off"], cost["on"] / cost["off"]


def summary(name: str, ratios: list[float]) -> None:
    logs = [math.log(ratio) for ratio in ratios]
    middle = math.exp(statistics.fmean(logs))
    error = statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else math.nan
    print(f"{name}: on / off = {middle:.4f} (standard error {error:.2%}, {len(ratios)} blocks)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--blocks", type=int, default=6)
    parser.add_argument("--windows", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=0.06)
    parser.add_argument("--version", default="v2.2.0")
    arguments = parser.parse_args()
    if core := pinned(1):
        os.sched_setaffinity(0, {int(core[-1])})
    data_dir = tempfile.mkdtemp(dir=Path.cwd(), prefix=".benchmark-")
    try:
        ratios = [
            uvloop.run(block(arguments.windows, arguments.seconds, arguments.version, data_dir))
            for _ in range(arguments.blocks)
        ]
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)
    summary("throughput", [rate for rate, _ in ratios])
    summary("CPU a message", [cost for _, cost in ratios])


if __name__ == "__main__":
    main()
