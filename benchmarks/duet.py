"""Whether two brokers are better compared in turn or in a duet: both under load at once, their cores swapped.

Each block starts both afresh. Pairs of either kind follow each other in random order: in turn, a slice of each side,
as `perf compare` measures; or a duet, two slices of both sides at once, each broker on one core beside the other
one's load, then the other way round. Prints, by workload and kind, the SD of a pair's log ratio, that of a block's
mean, and the difference that each kind saw with its standard error over blocks.

    python -m benchmarks.duet [--blocks 8] [--pairs 15] [--set-candidate KEY=VALUE ...]

Without --set-candidate both sides are the same version, and a difference is noise; with it both kinds should see the
same difference. It takes about 20 s a block, and wants the machine to itself.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.experiment.blocks import BlockRunner
from chronik_perf.experiment.place import Place, choose_place
from chronik_perf.experiment.plan import QUICK_BUDGET, default_workloads
from chronik_perf.experiment.rig import Rig, begin_at_rest, wait_for_rest
from chronik_perf.experiment.slices import measure_slice
from chronik_perf.model import SIDES, LoadWindow, Measured, Workload, known
from chronik_perf.model import Side as Name
from chronik_perf.targets import resolve

VERSION = "v2.2.0"
IN_TURN, DUET = "in turn", "duet"


@dataclass(frozen=True, slots=True)
class Seen:
    """One pair: log ratios of the candidate to the base, and what it took."""

    block: int
    workload: str
    kind: str
    throughput: float
    cpu: float
    seconds: float


@dataclass(slots=True)
class Side:
    """What one side did in a pair."""

    stored: int = 0
    window_s: float = 0.0
    cpu_s: float = 0.0

    def add(self, window: LoadWindow, cpu_s: Measured) -> None:
        """Count a slice."""
        self.stored += window.stored
        self.window_s += window.window_s
        self.cpu_s += known(cpu_s) or math.nan


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--blocks", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=15, help="of either kind, a workload and block")
    parser.add_argument("--set-candidate", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    overrides = dict(word.split("=", 1) for word in given.set_candidate)
    workloads = default_workloads(quick=True)
    seen: list[Seen] = []
    with tempfile.TemporaryDirectory(prefix="perf-duet-") as folder:
        place = choose_place(
            Path(folder, "data"), Path(folder, "logs"), workloads, allow_tmpfs=True, clients={}
        )
        if place.load_core is None:
            sys.exit("a duet swaps two cores, and this process may use one")
        targets = {"base": resolve(VERSION), "candidate": resolve(VERSION, overrides)}
        runner = BlockRunner({side: targets[side] for side in SIDES}, workloads, place, QUICK_BUDGET)
        os.sched_setaffinity(0, {place.load_core})
        for index in range(1, given.blocks + 1):
            rng = random.Random(f"{given.seed}/{index}")
            place.data_root.mkdir(parents=True, exist_ok=True)
            begun = len(seen)

            def watch(
                rig: Rig,
                others: Sequence[Rig],
                index: int = index,
                rng: random.Random = rng,
                begun: int = begun,
            ) -> None:
                if len(seen) == begun:  # it is called for each side, and one call serves both
                    for workload in workloads:
                        seen.extend(pairs(index, (rig, *others), workload, given.pairs, place, rng))

            runner.watched(index, rng, (), watch)
            print(f"block {index} of {given.blocks}", file=sys.stderr, flush=True)
    report(seen, [w.name for w in workloads])


def pairs(
    block: int, rigs: tuple[Rig, ...], workload: Workload, count: int, place: Place, rng: random.Random
) -> Iterator[Seen]:
    """Measure so many pairs of either kind, close in time and in random order."""
    for kind in (k for _ in range(count) for k in rng.sample((IN_TURN, DUET), 2)):
        begun = time.monotonic()
        sides = {rig.side: Side() for rig in rigs}
        (in_turn if kind == IN_TURN else duet)(rigs, workload, place, rng, sides)
        base, candidate = sides["base"], sides["candidate"]
        rates = [side.stored / side.window_s for side in (base, candidate)]
        costs = [side.cpu_s / side.stored for side in (base, candidate)]
        ratios = (math.log(rates[1] / rates[0]), math.log(costs[1] / costs[0]))
        yield Seen(block, workload.name, kind, *ratios, time.monotonic() - begun)


def in_turn(
    rigs: tuple[Rig, ...], workload: Workload, place: Place, rng: random.Random, sides: dict[Name, Side]
) -> None:
    """Measure one slice of each side, as a comparison does."""
    for rig in rng.sample(rigs, len(rigs)):
        pin(rig, workload, place.broker_core, place.load_core)
        one = measure_slice(rig, [r for r in rigs if r is not rig], workload, workload.slice_s)
        sides[rig.side].add(one.load, one.broker_cpu_s)


def duet(
    rigs: tuple[Rig, ...], workload: Workload, place: Place, rng: random.Random, sides: dict[Name, Side]
) -> None:
    """Measure two slices of both sides at once, with their cores swapped in between."""
    cores = (place.broker_core, place.load_core)
    for one, other in rng.sample([cores, cores[::-1]], 2):
        pin(rigs[0], workload, one, other)
        pin(rigs[1], workload, other, one)
        begin_at_rest(rigs)
        before = [rig.cpu.read() for rig in rigs]
        for rig in rng.sample(rigs, len(rigs)):
            rig.loads[workload.name].begin(workload.slice_s, workload.slice_bytes)
        windows = [rig.loads[workload.name].finish() for rig in rigs]
        wait_for_rest(rigs)
        for rig, window, cpu_s in zip(rigs, windows, before, strict=True):
            used = (known(rig.cpu.read()) or math.nan) - (known(cpu_s) or math.nan)
            sides[rig.side].add(window, used)


def pin(rig: Rig, workload: Workload, broker_core: int | None, load_core: int | None) -> None:
    """Move all threads of a broker and of its load to a core each."""
    for pid, core in ((rig.broker.pid, broker_core), (rig.loads[workload.name].pid, load_core)):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):  # a thread that has just ended
                os.sched_setaffinity(int(thread), {core if core is not None else 0})


def report(seen: Sequence[Seen], workloads: Sequence[str]) -> None:
    """Print a table."""
    print(f"{'workload':<9} {'kind':<8} {'pairs':>5} {'s each':>7}  throughput: pair SD, block SD, difference"
          f"{'':>9}  CPU per message: the same")  # fmt: skip
    for workload in workloads:
        for kind in (IN_TURN, DUET):
            rows = [s for s in seen if s.workload == workload and s.kind == kind]
            each_s = statistics.fmean(r.seconds for r in rows)
            throughput = described([(r.block, r.throughput) for r in rows])
            cpu = described([(r.block, r.cpu) for r in rows])
            print(f"{workload:<9} {kind:<8} {len(rows):>5} {each_s:>7.2f}  {throughput:<51}  {cpu}")


def described(values: Sequence[tuple[int, float]]) -> str:
    """Say in percent how pairs scatter within blocks, how the blocks' means do, and what they saw."""
    blocks: dict[int, list[float]] = {}
    for block, value in values:
        blocks.setdefault(block, []).append(value)
    means = [statistics.fmean(b) for b in blocks.values()]
    within = [value - statistics.fmean(b) for b in blocks.values() for value in b]
    between = statistics.stdev(means)
    return (
        f"{100 * statistics.pstdev(within):5.1f} %, {100 * between:5.1f} %, "
        f"{100 * math.expm1(statistics.fmean(means)):+6.1f} ± {100 * between / math.sqrt(len(means)):.1f} %"
    )


if __name__ == "__main__":
    main()
