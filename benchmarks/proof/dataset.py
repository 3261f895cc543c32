"""The data set of recorded comparisons: read, and added to one comparison at a time.

`comparisons.jsonl` has one line a comparison, `starts-DATE.jsonl.gz` one line for each start and workload. Their fields
are described in the README beside them.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.proof.slices import SLICES, pair_ratios, pairs_measured
from chronik_perf.experiment import default_workloads
from chronik_perf.files import write_whole
from chronik_perf.model import BadInput, Metric, Workload, judged
from chronik_perf.stats.betting.typical import Spreads, spreads_of
from chronik_perf.stats.planning.family import EXACT

Floats: TypeAlias = NDArray[np.float64]
Booleans: TypeAlias = NDArray[np.bool_]
Row: TypeAlias = dict[str, Any]

DATA = Path(__file__).resolve().parents[1] / "data"
COMPARISONS = "comparisons.jsonl"
AA = "A/A"
FIELDS = ("throughput", "cpu_per_message", "p99", "rss_growth")


@dataclass(frozen=True, slots=True)
class Test:
    """One gate or watch of a comparison, named as a threshold names it: throughput@raw."""

    metric: Metric
    workload: Workload

    @property
    def name(self) -> str:
        """Give metric@workload."""
        return f"{self.metric.name}@{self.workload.name}"


def tests_of(workloads: Sequence[str]) -> tuple[Test, ...]:
    """Give the statistical gates and watches of a comparison of these workloads; they share its error."""
    loads = default_workloads(False, tuple(workloads))
    return tuple(Test(m, w) for m, w, r in judged(loads) if r != "evidence" and m.name not in EXACT)


def design_of(line: Row) -> str:
    """Name the workloads, the length, thresholds that are not the default ones, bursts, and whether other work ran."""
    words = [f"{line['budget_s']:.0f} s"] if line.get("budget_s") else []
    words = ["quick"] * bool(line["quick"]) + words
    words += [f"X of {name} {x:.3g}" for name, x in sorted(line["thresholds"].items())]
    if line.get("burst_round_trips"):
        words.append(f"bursts of {line['burst_round_trips']} round trips")
    words += ["beside other work"] * bool(line.get("beside"))
    return f"{' + '.join(line['workloads'])} ({', '.join(words)})"


@dataclass(frozen=True)
class Recorded:
    """One recorded comparison: its line, and its starts in the order in which they ran."""

    line: Row
    starts: tuple[Row, ...]

    def __getstate__(self) -> dict[str, object]:
        """Leave out what is worked out: it holds functions, which another process cannot be sent."""
        return {"line": self.line, "starts": self.starts}

    @property
    def workloads(self) -> tuple[str, ...]:
        """Give the names of its workloads."""
        return tuple(self.line["workloads"])

    @property
    def is_aa(self) -> bool:
        """Tell whether both sides were the same version."""
        return bool(self.line["label"] == AA)

    @property
    def design(self) -> str:
        """Name what it asked for and what ran beside it: only comparisons alike in both tell of each other's noise."""
        return design_of(self.line)

    @cached_property
    def tests(self) -> tuple[Test, ...]:
        """Give its tests, all of them, measured or not: they share the error."""
        return tests_of(self.workloads)

    @cached_property
    def measured(self) -> tuple[Test, ...]:
        """Give the tests that have a value in some block."""
        return tuple(t for t in self.tests if np.isfinite(self._values(t)).all(axis=1).any())

    def _values(self, test: Test) -> Floats:
        """Give (base, candidate) of each kept block, on the test's scale; NaN where there is none."""
        by_block: dict[int, list[float]] = defaultdict(lambda: [np.nan, np.nan])
        for row in self.starts:
            if row["workload"] != test.workload.name or row["discarded"]:
                continue
            value = row[test.metric.name]
            by_block[row["block"]][row["side"] == "candidate"] = np.nan if value is None else value
        values = np.array([by_block[b] for b in sorted(by_block)], dtype=float).reshape(-1, 2)
        if test.metric.scale == "ratio":
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.where(values > 0, np.log(values), np.nan)
        return values

    @cached_property
    def values(self) -> Floats:
        """Give every measured test of every block that has them all, shape (tests, blocks, 2), on the tests' scales.

        The last axis is base, candidate.
        """
        if not self.measured:
            return np.empty((0, 0, 2))
        return np.stack([self._values(t) for t in self.measured])[:, self._whole]

    @cached_property
    def spreads(self) -> Spreads:
        """Give what the pairs of slices of each block of `values` tell, shape (tests, blocks).

        A test without any in the data has NaN and no variance; a block's own log ratio stands where it has none.
        """
        rows = [self._spreads(test, values) for test, values in zip(self.measured, self.values, strict=True)]
        return Spreads(*(np.stack(each) for each in zip(*rows, strict=True)))

    def _spreads(self, test: Test, values: Floats) -> tuple[Floats, ...]:
        kept = [r for r in self.starts if r["workload"] == test.workload.name and not r["discarded"]]
        field = SLICES.get(test.metric.name)
        ratios = [] if field is None else pair_ratios(kept, field)
        if not any(r.size for r in ratios):
            none = np.zeros(len(values))
            return np.full_like(none, np.nan), none, none, none, none
        measured = pairs_measured(kept)
        whole = [r for r, had in zip(ratios, self._whole, strict=True) if had]
        count = [n for n, had in zip(measured, self._whole, strict=True) if had]
        found = spreads_of(whole, (values[:, 1] - values[:, 0]).tolist(), count)
        return found.value, found.own, found.middle, found.pairs, found.measured

    @cached_property
    def _whole(self) -> Booleans:
        """Tell of each kept block whether every measured test has a value in it."""
        stacked = np.stack([self._values(t) for t in self.measured])
        return np.asarray(np.isfinite(stacked).all(axis=(0, 2)))

    @cached_property
    def base_first(self) -> Booleans:
        """Tell of each block of `values` whether the base was started first."""
        first = {
            r["block"]: r["order"] == 0 for r in self.starts if r["side"] == "base" and not r["discarded"]
        }
        return np.array([first[b] for b in sorted(first)], dtype=bool)[self._whole]

    def commits_a_block(self, workload: str) -> float:
        """Give the commits of one side's gate slices in a block, in the mean; 0 where they are not counted."""
        counted = [
            r["commits"] or 0.0 for r in self.starts if r["workload"] == workload and not r["discarded"]
        ]
        return float(np.mean(counted)) if counted else 0.0

    @cached_property
    def seconds_a_block(self) -> float:
        """Give the median time from one block's beginning to the next."""
        began = sorted({r["block"]: r["began_s"] for r in reversed(self.starts)}.items())
        gaps = np.diff([s for _, s in began])
        return float(np.median(gaps)) if gaps.size else float(self.line["elapsed_s"])

    @property
    def seconds_besides(self) -> float:
        """Give the seconds that were not blocks: evidence, and what comes before the first block."""
        last_s = max(float(r["began_s"]) for r in self.starts)
        return max(0.0, float(self.line["elapsed_s"]) - last_s - self.seconds_a_block)

    def series(self, workload: str, metric: str) -> Floats:
        """Give one metric of all starts in the order in which they ran, in the metric's unit."""
        rows = [r for r in self.starts if r["workload"] == workload and not r["discarded"]]
        rows.sort(key=lambda r: (r["block"], r["order"]))
        return np.array([r[metric] for r in rows if r[metric] is not None], dtype=float)

    def slices(self, workload: str) -> list[Floats]:
        """Give the throughput of the slices of each start, in the order of the starts."""
        rows = [r for r in self.starts if r["workload"] == workload and not r["discarded"]]
        rows.sort(key=lambda r: (r["block"], r["order"]))
        return [np.array(r["slice_msgs_per_s"], dtype=float) for r in rows]


def read(folder: Path = DATA) -> list[Recorded]:
    """Give all recorded comparisons in the order in which they began. Raises BadInput for a line that is none."""
    had_lines = lines(folder)
    starts: dict[str, list[Row]] = defaultdict(list)
    for path in sorted(folder.glob("starts-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                row = _row(text, path, number)
                starts[row["run"]].append(row)
    found = [Recorded(line, tuple(starts[line["run"]])) for line in had_lines if starts[line["run"]]]
    return sorted(found, key=lambda r: (str(r.line["started_at"]), str(r.line["run"])))


def add(folder: Path, line: Row, starts: Sequence[Row]) -> None:
    """Append one comparison. The starts go first, so that a line never stands without them.

    Raises BadInput for a run that is there already.
    """
    had_lines = lines(folder)
    if any(had["run"] == line["run"] for had in had_lines):
        raise BadInput(f"run {line['run']} is in {folder} already")
    path = folder / f"starts-{str(line['started_at'])[:10]}.jsonl.gz"
    # Gzip members may stand one behind the other, so what is there need not be packed again.
    had_bytes = path.read_bytes() if path.exists() else b""
    packed = gzip.compress("".join(_text(r) for r in starts).encode(), mtime=0)
    write_whole(path, had_bytes + packed)
    write_whole(folder / COMPARISONS, "".join(_text(r) for r in (*had_lines, line)))


def lines(folder: Path) -> list[Row]:
    """Give the line of every comparison, those that failed included, as they were added."""
    path = folder / COMPARISONS
    if not path.exists():
        return []
    return [_row(t, path, n) for n, t in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)]


def _row(text: str, path: Path, number: int) -> Row:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"{path.name}, line {number}, is not JSON: {error}") from None
    if not isinstance(row, dict) or "run" not in row:
        raise BadInput(f"{path.name}, line {number}, has no run")
    return row


def _text(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
