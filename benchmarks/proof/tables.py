"""Makes all tables, in the short form or the full one."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.proof import covariates, false_alarms, power, record_table, rivals, speed, whole
from benchmarks.proof.dataset import Recorded, lines, read

SEED = 20_260_425
CURVES = {"throughput@raw": (0.01, 0.05), "throughput@acks1": (0.01, 0.05), "p99@raw": (0.05, 0.20)}
SPEEDS = ("throughput@raw", "throughput@acks1", "cpu_per_message@raw")


@dataclass(frozen=True, slots=True)
class Size:
    """How many comparisons are drawn for each row of a table."""

    synthetic: int
    recorded: int
    power: int
    whole: int
    speed: int
    windows: int


FULL = Size(synthetic=1500, recorded=6000, power=4000, whole=60, speed=1000, windows=600)
SHORT = Size(synthetic=60, recorded=300, power=100, whole=2, speed=40, windows=12)


@dataclass(frozen=True)
class Tables:
    """All that the page shows."""

    made_on: str
    took_s: float
    size: Size
    aa: list[Recorded]
    others: list[Recorded]
    machines: list[str]
    drawn: list[false_alarms.Row]
    recorded: list[false_alarms.Row]
    everything: false_alarms.Row
    counts: list[record_table.Count]
    symmetry: list[record_table.Symmetry]
    covariates: list[covariates.Row]
    groups: list[power.Group]
    powers: list[power.Row]
    curves: list[power.Curve]
    wholes: list[whole.Row]
    speeds: list[speed.Row]
    real: list[speed.Real]
    chains: list[rivals.Series]
    replays: list[list[rivals.Replay]]
    levelled: list[list[rivals.Levelled]]
    missing: list[str]

    @property
    def broken(self) -> list[str]:
        """Name the kinds of noise under which more than 1 % were accused."""
        return [r.kind for r in (*self.drawn, *self.recorded) if not false_alarms.holds(r)]

    @property
    def edged(self) -> list[str]:
        """Name the kinds of noise under which more than 1 % got a false word at a loss of exactly X."""
        rows = (*self.drawn, *self.recorded)
        return [r.kind for r in rows if not false_alarms.holds_at_the_edge(r)]

    @property
    def newest(self) -> list[power.Row]:
        """Give the goals on the design that was recorded last, as far as its noise can be drawn from."""
        titles = {r.group for r in self.powers}
        design = next((r.design for r in reversed(self.aa) if r.design in titles), None)
        return [r for r in self.powers if r.group == design]

    @property
    def blocks(self) -> int:
        """Give how many blocks of A/A were recorded."""
        return sum(r.values.shape[1] for r in self.aa)


def make(folder: Path, size: Size, tell: Callable[[str], None]) -> Tables:
    """Make all tables from the data set in a folder. Raises BadInput for a line that is none."""
    begun = time.monotonic()
    runs = read(folder)
    aa = [r for r in runs if r.is_aa]
    tell(f"{len(runs)} recorded comparisons, {len(aa)} of them A/A")
    found = power.groups(aa)
    chains = [s[0] for name in ("raw", "acks1") if (s := rivals.series(aa, name))]
    # Each part has seeds of its own, so that it does not matter which is made first, nor on which core. Those that take
    # longest are begun first.
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        parts = {
            "whole comparisons": pool.submit(whole.table, found, size.whole, SEED),
            "speed": pool.submit(speed.table, found, SPEEDS, size.speed, SEED),
            "false alarms in drawn noise": pool.submit(false_alarms.drawn, size.synthetic, SEED),
            "power": pool.submit(power.table, found, size.power, SEED),
            "false alarms in recorded noise": pool.submit(false_alarms.recorded, aa, size.recorded, SEED),
            "curves": pool.submit(power.curves, found, CURVES, size.power, SEED),
            "replays at one level": pool.submit(_each, rivals.levelled, chains, size.windows),
            "replays": pool.submit(_each, rivals.table, chains, size.windows),
        }
        names = {part: name for name, part in parts.items()}
        for part in as_completed(names):
            part.result()
            tell(f"{names[part]}: made {time.monotonic() - begun:.0f} s after the beginning")
        made: dict[str, Any] = {name: part.result() for name, part in parts.items()}
    drawn, recorded = made["false alarms in drawn noise"], made["false alarms in recorded noise"]
    everything = false_alarms.total([*drawn, *recorded], "all")
    tell(f"false alarms: {everything.false} in {everything.comparisons:,} comparisons")
    powers, wholes = made["power"], made["whole comparisons"]
    tell(f"power: {sum(r.reached for r in powers)} of {len(powers)} goals reached")
    tell(
        f"whole comparisons: {sum(r.false for r in wholes)} with a false word in {sum(r.comparisons for r in wholes)}"
    )
    replays = made["replays"]
    tell(f"replayed {sum(len(r) for r in replays)} rules on {sum(len(c.pairs) for c in chains)} blocks")
    return Tables(
        made_on=datetime.datetime.now(datetime.UTC).date().isoformat(),
        took_s=time.monotonic() - begun,
        size=size,
        aa=aa,
        others=[r for r in runs if not r.is_aa],
        machines=sorted({machine_of(r) for r in runs}),
        drawn=drawn,
        recorded=recorded,
        everything=everything,
        counts=record_table.counts(lines(folder)),
        symmetry=record_table.symmetry(aa),
        covariates=covariates.table(aa),
        groups=found,
        powers=powers,
        curves=made["curves"],
        wholes=wholes,
        speeds=made["speed"],
        real=speed.real(runs),
        chains=chains,
        replays=replays,
        levelled=made["replays at one level"],
        missing=[r.name for r in rivals.missing()],
    )


def _each(table: Callable[..., Any], chains: list[rivals.Series], windows: int) -> list[Any]:
    return [table(chain, windows, SEED) for chain in chains]


def machine_of(run: Recorded) -> str:
    """Say what machine a comparison ran on."""
    m = run.line["machine"]
    return (
        f"{run.line['fingerprint']}: {m['cpu_model']}, {m['cores']} cores, {m['kernel']}, {m['filesystem']}"
    )
