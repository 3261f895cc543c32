"""Table 3, second part: whole comparisons drawn from recorded blocks, ended where `perf compare` would have ended them.

The bets alone could go on; a run ends when its outcome is safe, when nothing is likely to be decided any more, or when
the budget is spent. What that costs in power, and saves in time, shows only with the rule that ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.proof.bets import Drawn, Words, one_way, upper_bound, words
from benchmarks.proof.dataset import Test
from benchmarks.proof.power import Group, shift_of
from benchmarks.proof.resampling import resampled
from chronik_perf.experiment import default_workloads
from chronik_perf.model import (
    SCHEMA_VERSION,
    SIDES,
    Block,
    Canaries,
    Comparison,
    Design,
    Effect,
    Environment,
    MetricVerdict,
    Outcome,
    Role,
    Start,
    Unavailable,
    Verdict,
    Word,
    role,
)
from chronik_perf.stats import standing
from chronik_perf.stats.betting.interval import paired_effect
from chronik_perf.stats.planning.family import margin_of
from chronik_perf.targets import resolve

# The threshold of every ratio metric, and the loss of throughput under raw connections.
SCENARIOS = ((0.05, 0.0), (0.05, 0.10), (0.05, 0.20), (0.05, 0.50), (0.01, 0.0), (0.01, 0.03), (0.01, 0.10))
INJECTED = "throughput@raw"


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario on one group: how the comparisons ended and after how many blocks (median, and 95 % of them).

    `false` counts comparisons with any word that contradicts what was injected.
    """

    group: str
    threshold: float
    loss: float
    comparisons: int
    regression: int
    none: int
    inconclusive: int
    false: int
    median_blocks: float
    most_blocks: float
    seconds_a_block: float

    @property
    def bound(self) -> float:
        """Give the 95 % upper bound of the rate of false words."""
        return upper_bound(self.false, self.comparisons)


def table(found: Sequence[Group], comparisons: int, seed: int) -> list[Row]:
    """Give every scenario on every group that measured the injected test."""
    return [
        _row(g, threshold, loss, comparisons, seed)
        for g in found
        if INJECTED in [t.name for t in g.measured] and g.affordable > 0
        for threshold, loss in SCENARIOS
    ]


@dataclass(frozen=True)
class _Judged:
    """Comparisons of one scenario, and what each test said when."""

    tests: tuple[Test, ...]
    thresholds: tuple[float, ...]
    values: Drawn
    words: Words
    error: float

    def verdict(self, which: int, blocks: int) -> Verdict:
        """Give the verdict of one comparison after so many blocks."""
        rows = tuple(self._row(which, at, blocks) for at in range(len(self.tests)))
        return Verdict(_outcome(rows), "", rows, 0.01)

    def _row(self, which: int, at: int, blocks: int) -> MetricVerdict:
        test, threshold = self.tests[at], self.thresholds[at]
        word = self._word(which, at, blocks)
        pairs = np.stack(
            (self.values.base[which, at, :blocks], self.values.candidate[which, at, :blocks]), axis=1
        )
        if test.metric.scale == "ratio":
            pairs = np.exp(pairs)
        values = [(float(b), float(c)) for b, c in pairs]
        effect: Effect | None = None
        if word == "regressed":  # of others nobody asks how wide their interval is
            told = paired_effect(test.metric.scale, values, self.error, margin_of(test.metric, threshold))
            effect = told if isinstance(told, Effect) else None
        per_block = tuple((i, b, c) for i, (b, c) in enumerate(values, 1))
        name, load = test.metric.name, test.workload.name
        return MetricVerdict(name, load, _role(test), word, threshold, effect, "", per_block=per_block)

    def _word(self, which: int, at: int, blocks: int) -> Word:
        lower = self.tests[at].metric.better == "higher"
        below, above = self.words.below[which, at], self.words.above[which, at]
        firsts: dict[Word, float] = {
            "regressed": float(below if lower else above),
            "improved": float(above if lower else below),
            "unchanged": float(self.words.inside[which, at]),
        }
        word = min(firsts, key=lambda w: firsts[w])
        return word if firsts[word] <= blocks else "inconclusive"


def _role(test: Test) -> Role:
    found = role(test.metric, test.workload)
    assert found is not None
    return found


def _outcome(rows: Sequence[MetricVerdict]) -> Outcome:
    if any(r.word == "regressed" for r in rows):
        return "regression"
    gates = [r for r in rows if r.role == "gate"]
    return "none" if all(r.word in ("improved", "unchanged") for r in gates) else "inconclusive"


def _row(group: Group, threshold: float, loss: float, comparisons: int, seed: int) -> Row:
    blocks, tests = group.affordable, group.measured
    shifts = np.array([shift_of(t, loss) if t.name == INJECTED else 0.0 for t in tests])
    drawn = resampled(np.random.default_rng(seed), group.runs, comparisons, blocks).lost(shifts)
    thresholds = tuple(threshold if t.metric.scale == "ratio" else t.metric.threshold for t in tests)
    margins = np.array([margin_of(t.metric, limit) for t, limit in zip(tests, thresholds, strict=True)])
    error = one_way(group.tests)
    judged = _Judged(tests, thresholds, drawn, words(drawn, margins, error), 2 * error)
    about = _comparison(group, blocks)
    ended = [_ended(judged, about, i, blocks) for i in range(comparisons)]
    outcomes = [v.outcome for v, _ in ended]
    lengths = [n for _, n in ended]
    return Row(
        group.title,
        threshold,
        loss,
        comparisons,
        outcomes.count("regression"),
        outcomes.count("none"),
        outcomes.count("inconclusive"),
        sum(any(_is_false(r, loss) for r in v.rows) for v, _ in ended),
        float(np.median(lengths)),
        float(np.quantile(lengths, 0.95, method="higher")),
        group.seconds_a_block,
    )


def _ended(judged: _Judged, about: Comparison, which: int, blocks: int) -> tuple[Verdict, int]:
    started = _blocks(judged.values, which)
    for look in range(2, blocks + 1):
        verdict = judged.verdict(which, look)
        if standing(replace(about, blocks=started[:look]), verdict, blocks - look).stop:
            return verdict, look
    return judged.verdict(which, blocks), blocks


def _blocks(values: Drawn, which: int) -> tuple[Block, ...]:
    """Give the blocks of one comparison as the rule sees them: how many there are, and which side began."""
    first = np.broadcast_to(values.base_first, values.base.shape)[which, 0]
    unknown = Unavailable("drawn, not measured")
    canaries = Canaries(unknown, unknown, unknown)
    made = []
    for index, base_began in enumerate(first, 1):
        base, candidate = (
            Start(side, side, 0, int(bool(base_began) != (side == "base")), 0, side, 0.0, {})
            for side in SIDES
        )
        made.append(Block(index, base, candidate, canaries, canaries))
    return tuple(made)


def _is_false(row: MetricVerdict, loss: float) -> bool:
    hit = f"{row.metric}@{row.workload}" == INJECTED
    truth = "regressed" if hit and loss > (row.threshold or 0.0) else "unchanged"
    return row.word not in (truth, "inconclusive")


def _comparison(group: Group, blocks: int) -> Comparison:
    """Give a comparison of the group's design, still without blocks."""
    target = resolve("v2.2.0", {})
    m = group.runs[0].line["machine"]
    machine = Environment(
        group.runs[0].line["fingerprint"],
        m["cpu_model"],
        m["cores"],
        None,
        None,
        m["kernel"],
        m["python"],
        m["filesystem"],
        "",
        {},
    )
    loads = default_workloads(False, group.workloads)
    design = Design(blocks=blocks, seed=0, quick=bool(group.runs[0].line["quick"]))
    return Comparison(SCHEMA_VERSION, target, target, loads, design, machine, "", "")
