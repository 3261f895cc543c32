"""Table 2: what `perf compare` said of identical versions, in the comparisons that were really run."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from scipy.stats import t as student

from benchmarks.proof.bets import upper_bound
from benchmarks.proof.dataset import AA, Recorded, Row, design_of


@dataclass(frozen=True, slots=True)
class Count:
    """A/A comparisons of one design. `slower` and `faster` have a gate or watch that was called so, which is false."""

    design: str
    comparisons: int
    slower: int
    faster: int
    unchanged: int
    inconclusive: int
    failed: int
    days: int
    median_blocks: float
    median_s: float

    @property
    def false(self) -> int:
        """Give the comparisons with a false word in either direction; no comparison is counted twice by `counts`."""
        return self.slower + self.faster

    @property
    def bound(self) -> float:
        """Give the 95 % upper bound of the rate of false words among those that ended with a verdict."""
        return upper_bound(self.false, self.comparisons - self.failed)


def counts(lines: Sequence[Row]) -> list[Count]:
    """Count by design, and over all at the end. Only what the command line itself said counts."""
    groups: dict[str, list[Row]] = defaultdict(list)
    said = [line for line in lines if line["label"] == AA and line.get("exit_code") is not None]
    for line in said:
        if line["outcome"] == "failed":
            groups["that failed"].append(line)
        else:
            groups[design_of(line)].append(line)
    rows = [_count(name, group) for name, group in groups.items()]
    return [*rows, _count("all", said)] if said else []


def _count(design: str, lines: Sequence[Row]) -> Count:
    done = [line for line in lines if line["outcome"] != "failed"]
    slower = [line for line in done if "regressed" in line["words"].values()]
    faster = [line for line in done if "improved" in line["words"].values() and line not in slower]
    rest = [line for line in done if line not in slower and line not in faster]
    return Count(
        design,
        len(lines),
        len(slower),
        len(faster),
        sum(line["outcome"] == "none" for line in rest),
        sum(line["outcome"] == "inconclusive" for line in rest),
        len(lines) - len(done),
        len({str(line["started_at"])[:10] for line in lines}),
        float(np.median([line["blocks"] for line in done])) if done else math.nan,
        float(np.median([line["elapsed_s"] for line in done])) if done else math.nan,
    )


@dataclass(frozen=True, slots=True)
class Symmetry:
    """One test over all A/A comparisons: how often the candidate's mean was the worse one, and the first start's gain.

    `first` is the mean over blocks of (first start - second start) with a 95 % t interval, on the test's scale.
    """

    test: str
    scale: str
    comparisons: int
    slower: int
    p: float
    blocks: int
    first: float
    low: float
    high: float


def symmetry(runs: Sequence[Recorded]) -> list[Symmetry]:
    """Look for a favoured side and a favoured start in every test."""
    worse: dict[str, list[bool]] = defaultdict(list)
    gains: dict[str, list[float]] = defaultdict(list)
    scales: dict[str, str] = {}
    for run in runs:
        if not run.is_aa or not run.values.size:
            continue
        for test, values in zip(run.measured, run.values, strict=True):
            d = values[:, 1] - values[:, 0]
            sign = 1.0 if test.metric.better == "higher" else -1.0
            if d.mean() != 0:
                worse[test.name].append(bool(sign * d.mean() < 0))
            gains[test.name] += list(np.where(run.base_first, -d, d))
            scales[test.name] = test.metric.scale
    rows = []
    for name, gained in gains.items():
        g = np.array(gained)
        half = (
            float(student.ppf(0.975, g.size - 1) * g.std(ddof=1) / math.sqrt(g.size))
            if g.size > 1
            else math.inf
        )
        count = worse[name]
        p = float(binomtest(sum(count), len(count)).pvalue) if count else 1.0
        mean = float(g.mean())
        rows.append(
            Symmetry(name, scales[name], len(count), sum(count), p, g.size, mean, mean - half, mean + half)
        )
    return rows
