"""Tables 1: how often identical code is accused, at any block at which one might stop, whatever the noise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.proof.bets import FAMILY_ERROR, Drawn, Words, one_way, upper_bound, words
from benchmarks.proof.dataset import Booleans, Floats, Recorded
from benchmarks.proof.noise import Kind, synthetic
from benchmarks.proof.resampling import resampled
from chronik_perf.stats.betting.typical import Typical
from chronik_perf.stats.planning.family import margin_of

BLOCKS = 60  # looks; the default budget holds fewer
# So rare are false words that which way they point cannot be told; at this error there is something to count.
LOOSE_ERROR = 0.5
NEIGHBOURS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of noise. `false` counts comparisons with any false word, the loose counts are of tests.

    `edge_false` are those of `edge` comparisons whose candidate has lost exactly X in every test, where *regressed*,
    *improved* and *unchanged* are all wrong.
    """

    kind: str
    family: str
    comparisons: int
    false: int
    edge: int
    edge_false: int
    loose_slower: int
    loose_faster: int

    @property
    def rate(self) -> float:
        """Give the share of comparisons with a false word."""
        return self.false / self.comparisons

    @property
    def bound(self) -> float:
        """Give its 95 % upper bound."""
        return upper_bound(self.false, self.comparisons)

    @property
    def edge_bound(self) -> float:
        """Give the 95 % upper bound of the rate at the edge."""
        return upper_bound(self.edge_false, self.edge)


def total(rows: Iterable[Row], name: str) -> Row:
    """Add up rows."""
    rows = list(rows)
    sums = [
        sum(getattr(r, field) for r in rows)
        for field in ("comparisons", "false", "edge", "edge_false", "loose_slower", "loose_faster")
    ]
    return Row(name, "", *sums)


def drawn(comparisons: int, seed: int) -> list[Row]:
    """Count false words under every synthetic kind, `comparisons` of each."""
    return [
        _synthetic(kind, comparisons, np.random.default_rng([seed, i])) for i, kind in enumerate(synthetic())
    ]


def _synthetic(kind: Kind, comparisons: int, rng: np.random.Generator) -> Row:
    rows = []
    for tests in (6, 7, 8):
        n = comparisons // 3
        drawn = kind.draw(rng, (n, tests, BLOCKS))
        # Without slices each block is taken for one of a single pair, so that the typical bets have their share in it.
        if drawn.typical is None:
            alike = drawn.candidate - drawn.base
            drawn = replace(drawn, typical=Typical(alike, np.zeros_like(alike), np.zeros_like(alike)))
        rows.append(_counted(kind.name, drawn, np.ones(tests), tests, np.ones(tests)))
    return _named(total(rows, kind.name), kind.family)


def recorded(runs: Sequence[Recorded], comparisons: int, seed: int) -> list[Row]:
    """Count false words among recorded A/A blocks, drawn one by one and in runs of neighbours.

    Runs of the same workloads are drawn from together, each as often as it is among all.
    """
    groups: dict[tuple[str, ...], list[Recorded]] = defaultdict(list)
    for run in runs:
        if run.is_aa and run.values.shape[1] >= NEIGHBOURS:
            groups[tuple(t.name for t in run.measured)].append(run)
    in_all = sum(len(g) for g in groups.values())
    rows: list[Row] = []
    for length, name in (
        (1, "recorded blocks, one by one"),
        (NEIGHBOURS, "recorded blocks, five neighbours at a time"),
    ):
        rng = np.random.default_rng([seed, length])
        parts = [
            _resampled(group, max(1, round(comparisons * len(group) / in_all)), length, rng)
            for group in groups.values()
        ]
        if parts:
            rows.append(_named(total(parts, name), "recorded"))
    return rows


def _resampled(group: Sequence[Recorded], comparisons: int, length: int, rng: np.random.Generator) -> Row:
    drawn = resampled(rng, group, comparisons, BLOCKS, length)
    measured = group[0].measured
    margins = np.array([margin_of(t.metric, t.metric.threshold) for t in measured])
    worse = np.array([1.0 if t.metric.better == "higher" else -1.0 for t in measured])
    return _counted("", drawn, margins, len(group[0].tests), worse)


def _counted(name: str, drawn: Drawn, margins: Floats, tests: int, worse: Floats) -> Row:
    """Judge as they are, and with a loss of exactly X; `worse` is 1 where less is worse, else -1."""
    found = words(drawn, margins, one_way(tests), sameness=False)
    accused = np.isfinite(found.below) | np.isfinite(found.above)
    edge = words(drawn.lost(-worse * margins), margins, one_way(tests))
    loose = words(drawn, margins / 100, LOOSE_ERROR, sameness=False)
    down, up = (int(v) for v in (_earlier(loose, worse > 0), _earlier(loose, worse < 0)))
    wrong = np.isfinite(edge.first)
    return Row(
        name,
        "",
        len(drawn.base),
        int(accused.any(axis=1).sum()),
        len(drawn.base),
        int(wrong.any(axis=1).sum()),
        down,
        up,
    )


def _earlier(found: Words, lower: Booleans) -> int:
    """Count tests in which the worse side was proven, and before the better one; `lower` says where less is worse."""
    worse, better = (
        np.where(lower, found.below, found.above),
        np.where(lower, found.above, found.below),
    )
    return int((worse < better).sum())


def _named(row: Row, family: str) -> Row:
    return Row(
        row.kind,
        family,
        row.comparisons,
        row.false,
        row.edge,
        row.edge_false,
        row.loose_slower,
        row.loose_faster,
    )


def holds(row: Row) -> bool:
    """Tell whether a row keeps the promise: its rate is within the family error."""
    return row.rate <= FAMILY_ERROR


def holds_at_the_edge(row: Row) -> bool:
    """Tell the same of comparisons whose candidate has lost exactly X, in which every word is wrong."""
    return row.edge_false <= FAMILY_ERROR * row.edge
