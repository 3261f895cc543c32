"""Table 4: how many blocks and seconds a verdict takes, beside a design whose number of blocks is fixed.

The fixed design is a Student's t interval over blocks at the same error, half of 1 % over the tests for each direction,
with as many blocks as it needs to find the smallest loss with a power of 95 %. It must spend them whatever the loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from benchmarks.proof.bets import one_way, replayed, words
from benchmarks.proof.dataset import Floats, Recorded, Test
from benchmarks.proof.power import Group, shift_of, worse
from chronik_perf.stats.planning.family import margin_of

POWER = 0.95
MOST_BLOCKS = 160
# The smallest losses that a design is sized for, with their thresholds, and the losses that then turn up.
SIZES = ((0.005, 0.015), (0.01, 0.03), (0.05, 0.10))
LOSSES = (0.0, 0.03, 0.05, 0.10, 0.20, 0.50)


@dataclass(frozen=True, slots=True)
class Row:
    """One design: `fixed` blocks are needed by the t interval (None: more than can be drawn), `capped` by the bets.

    `medians` maps each loss to the median number of blocks to a word; infinity where most get none.
    """

    group: str
    test: str
    threshold: float
    smallest: float
    fixed: int | None
    capped: int | None
    seconds_a_block: float
    medians: tuple[tuple[float, float], ...]


def table(found: Sequence[Group], names: Sequence[str], comparisons: int, seed: int) -> list[Row]:
    """Give the designs of some tests on every group."""
    return [
        _row(g, t, threshold, smallest, comparisons, seed)
        for g in found
        for t in g.measured
        if t.name in names
        for threshold, smallest in SIZES
    ]


def _row(group: Group, test: Test, threshold: float, smallest: float, comparisons: int, seed: int) -> Row:
    margin, error = margin_of(test.metric, threshold), one_way(group.tests)
    drawn = group.draw(test, comparisons, MOST_BLOCKS, seed)
    shift = shift_of(test, smallest)
    found = worse(words(drawn.lost(shift), margin, error), test)
    fixed = fixed_blocks((drawn.candidate - drawn.base)[:, 0] + shift, -np.sign(shift), margin, error)
    capped = float(np.quantile(found, POWER, method="higher"))
    medians = [(0.0, float(np.median(words(drawn, margin, error).inside)))] + [
        (loss, float(np.median(worse(words(drawn.lost(shift_of(test, loss)), margin, error), test))))
        for loss in sorted({smallest, *(s for s in LOSSES if s > smallest)})
    ]
    return Row(
        group.title,
        test.name,
        threshold,
        smallest,
        fixed,
        int(capped) if np.isfinite(capped) else None,
        group.seconds_a_block,
        tuple(medians),
    )


def fixed_blocks(d: Floats, sign: float, margin: float, error: float) -> int | None:
    """Give the least number of blocks at which a t interval proves the shift beyond the margin with the power.

    `d` are differences, shape (comparisons, blocks); `sign` is 1 if they are to be proven below -margin, else -1.
    None where the blocks do not suffice.
    """
    n = np.arange(1, d.shape[1] + 1)
    mean = np.cumsum(d, axis=1) / n
    square = np.cumsum(d**2, axis=1) / n - mean**2
    with np.errstate(invalid="ignore", divide="ignore"):
        sem = np.sqrt(np.maximum(square, 0.0) / (n - 1))
        quantile = student.ppf(1 - error, np.maximum(n - 1, 1))
        proven = sign * mean + quantile * sem < -margin
    proven[:, 0] = False  # one block has no spread
    enough = proven.mean(axis=0) >= POWER
    return int(enough.argmax()) + 1 if enough.any() else None


@dataclass(frozen=True, slots=True)
class Real:
    """A recorded comparison of versions that differ: what came out after how long."""

    label: str
    candidate: str
    workloads: str
    blocks: int
    elapsed_s: float
    outcome: str
    decided_block: float
    decided_s: float


def real(runs: Sequence[Recorded]) -> list[Real]:
    """Give all recorded comparisons that are not A/A, and when the bets first proved a regression in them."""
    rows: list[Real] = []
    for run in runs:
        if run.is_aa or not run.values.size:
            continue
        margins = np.array([margin_of(t.metric, t.metric.threshold) for t in run.measured])
        found = words(replayed(run), margins, one_way(len(run.tests)))
        lower = np.array([t.metric.better == "higher" for t in run.measured])
        first = float(np.where(lower, found.below, found.above).min())
        rows.append(
            Real(
                run.line["label"],
                run.line["candidate"],
                " + ".join(run.workloads),
                run.line["blocks"],
                run.line["elapsed_s"],
                run.line["outcome"],
                first,
                first * run.seconds_a_block,
            )
        )
    return rows
