"""Table 3: how often a loss is found in recorded real noise within the default budget, and how often it is missed.

A loss is injected by scaling every slice of the candidate: each start's throughput, CPU per message or p99 is then
scaled by the same factor, which on the logarithmic scale of the test is a shift.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.proof.bets import Drawn, Words, one_way, upper_bound, words
from benchmarks.proof.dataset import Floats, Recorded, Test
from benchmarks.proof.resampling import resampled
from chronik_perf.stats.planning.family import margin_of

# Of a run that says no other: the default length, and --quick.
BUDGET_S, QUICK_BUDGET_S = 300.0, 60.0
LEAST_BLOCKS = 5  # fewer recorded blocks are no noise to draw from
MULTIPLES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)


@dataclass(frozen=True, slots=True)
class Goal:
    """A loss that is to be found at a threshold with a power."""

    metric: str
    threshold: float
    loss: float
    power: float


GOALS = (
    Goal("throughput", 0.01, 0.03, 0.95),
    Goal("throughput", 0.005, 0.015, 0.80),
    Goal("cpu_per_message", 0.01, 0.03, 0.95),
    Goal("cpu_per_message", 0.005, 0.015, 0.80),
    Goal("p99", 0.05, 0.10, 0.95),
)


@dataclass(frozen=True)
class Group:
    """Recorded A/A comparisons of the same design, which noise is drawn from."""

    runs: tuple[Recorded, ...]

    @property
    def workloads(self) -> tuple[str, ...]:
        """Give the workloads that were measured together."""
        return self.runs[0].workloads

    @property
    def title(self) -> str:
        """Name the design."""
        return self.runs[0].design

    @property
    def tests(self) -> int:
        """Give how many tests share the error."""
        return len(self.runs[0].tests)

    @property
    def measured(self) -> tuple[Test, ...]:
        """Give the tests that have values."""
        return self.runs[0].measured

    @property
    def blocks(self) -> int:
        """Give how many blocks were recorded."""
        return sum(r.values.shape[1] for r in self.runs)

    @property
    def seconds_a_block(self) -> float:
        """Give the median over comparisons."""
        return float(np.median([r.seconds_a_block for r in self.runs]))

    @property
    def budget_s(self) -> float:
        """Give the seconds that a comparison of this design may take."""
        line = self.runs[0].line
        return float(line.get("budget_s") or (QUICK_BUDGET_S if line["quick"] else BUDGET_S))

    @property
    def affordable(self) -> int:
        """Give the blocks that fit into the budget beside evidence and everything else."""
        besides = float(np.median([r.seconds_besides for r in self.runs]))
        return max(0, int((self.budget_s - besides) / self.seconds_a_block))

    def block_sd(self, test: Test) -> float:
        """Give the SD over blocks of the log ratio or difference within a comparison, pooled."""
        at = [t.name for t in self.measured].index(test.name)
        return _pooled_sd([r.values[at, :, 1] - r.values[at, :, 0] for r in self.runs])

    def typical_sd(self, test: Test) -> float:
        """Give the same of the typical pair of slices of a block; NaN for a test without slices."""
        at = [t.name for t in self.measured].index(test.name)
        return _pooled_sd([r.spreads.value[at] for r in self.runs])

    def draw(self, test: Test, comparisons: int, blocks: int, seed: int) -> Drawn:
        """Draw A/A comparisons of one test, shape (comparisons, 1, blocks)."""
        at = [t.name for t in self.measured].index(test.name)
        return resampled(np.random.default_rng(seed), self.runs, comparisons, blocks).test(at)


def _pooled_sd(samples: Sequence[Floats]) -> float:
    return float(
        np.sqrt(sum(((x - x.mean()) ** 2).sum() for x in samples) / sum(x.size - 1 for x in samples))
    )


def groups(runs: Sequence[Recorded]) -> list[Group]:
    """Put A/A comparisons of the same design together, the largest group first."""
    found: dict[tuple[object, ...], list[Recorded]] = defaultdict(list)
    for run in runs:
        if run.is_aa and run.values.shape[1] >= LEAST_BLOCKS:
            found[run.design, tuple(t.name for t in run.measured)].append(run)
    return sorted((Group(tuple(g)) for g in found.values()), key=lambda g: -g.blocks)


def shift_of(test: Test, loss: float) -> float:
    """Give a loss on the test's scale: throughput falls to 1 - loss, all else rises to 1 + loss."""
    return math.log1p(-loss) if test.metric.better == "higher" else math.log1p(loss)


@dataclass(frozen=True, slots=True)
class Row:
    """One goal on one group. Rates are over `comparisons`; `unchanged` is of a loss of exactly the threshold."""

    group: str
    test: str
    goal: Goal
    block_sd: float
    typical_sd: float
    blocks: int
    comparisons: int
    found: float
    unchanged: int

    @property
    def unchanged_bound(self) -> float:
        """Give the 95 % upper bound of the rate of false *unchanged*."""
        return upper_bound(self.unchanged, self.comparisons)

    @property
    def reached(self) -> bool:
        """Tell whether the goal is reached."""
        return self.found >= self.goal.power


def table(found: Sequence[Group], comparisons: int, seed: int) -> list[Row]:
    """Give every goal on every group that measured its metric as a gate or watch."""
    rows: list[Row] = []
    for g in found:
        for test in g.measured:
            rows += [
                _row(g, test, goal, comparisons, seed) for goal in GOALS if goal.metric == test.metric.name
            ]
    return rows


def _row(group: Group, test: Test, goal: Goal, comparisons: int, seed: int) -> Row:
    blocks, margin, error = group.affordable, margin_of(test.metric, goal.threshold), one_way(group.tests)
    drawn = group.draw(test, comparisons, max(1, blocks), seed)
    lost = words(drawn.lost(shift_of(test, goal.loss)), margin, error)
    edge = words(drawn.lost(shift_of(test, goal.threshold)), margin, error)
    found = worse(lost, test)
    late = _commits_short(group, test)
    return Row(
        group.title,
        test.name,
        goal,
        group.block_sd(test),
        group.typical_sd(test),
        blocks,
        comparisons,
        float(np.mean(np.isfinite(found) & (blocks >= late))),
        int(np.isfinite(edge.inside).sum()),
    )


def worse(found: Words, test: Test) -> Floats:
    """Give the block at which each comparison called the test *regressed*."""
    return (found.below if test.metric.better == "higher" else found.above)[:, 0]


def _commits_short(group: Group, test: Test) -> int:
    """Give the blocks that p99 waits for until enough commits lie beyond it; 0 for any other metric."""
    if not test.metric.min_commits_beyond:
        return 0
    commits = float(np.mean([r.commits_a_block(test.workload.name) for r in group.runs]))
    return math.ceil(100 * test.metric.min_commits_beyond / commits) if commits > 0 else 10**9


@dataclass(frozen=True, slots=True)
class Curve:
    """Shares of regressed and unchanged at each loss, for one test at one threshold."""

    group: str
    test: str
    threshold: float
    blocks: int
    points: tuple[tuple[float, float, float], ...]  # loss, share regressed, share unchanged


def curves(found: Sequence[Group], wanted: Mapping[str, Sequence[float]], n: int, seed: int) -> list[Curve]:
    """Give detection curves of some tests, each at some thresholds, on every group."""
    return [_curve(g, t, x, n, seed) for g in found for t in g.measured for x in wanted.get(t.name, ())]


def _curve(group: Group, test: Test, threshold: float, comparisons: int, seed: int) -> Curve:
    margin, error = margin_of(test.metric, threshold), one_way(group.tests)
    drawn = group.draw(test, comparisons, max(1, group.affordable), seed)
    points = []
    for multiple in MULTIPLES:
        loss = multiple * threshold
        found = words(drawn.lost(shift_of(test, loss)), margin, error)
        points.append(
            (loss, float(np.isfinite(worse(found, test)).mean()), float(np.isfinite(found.inside).mean()))
        )
    return Curve(group.title, test.name, threshold, group.affordable, tuple(points))
