"""The family of tests: how much error each may make, and what threshold it is held against.

Error is shared over *metrics* by Bonferroni's inequality: every gate and watch that is statistical, of all workloads,
gets the same part, half of it in each direction. What is counted (`EXACT`) makes no such error, and evidence gets
no word, so neither takes part. Over *looks* nothing need be shared: the bets of `betting` hold at every
block at which one may stop, also when `--resume` adds blocks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from chronik_perf.model import BadInput, Design, Metric, Workload, judged

EXACT = frozenset({"unstored", "early_acks"})
"""Counted, not estimated: a word without an interval."""


@dataclass(frozen=True, slots=True)
class Family:
    """The statistical gates and watches of a comparison; `tests` is how many, `error` what each may err by.

    `one_way` is the part of it for either direction. Evidence decides nothing and shares nothing: each of its intervals
    errs by `evidence_error` on its own.
    """

    tests: int
    error: float
    evidence_error: float

    @property
    def one_way(self) -> float:
        """Give the chance that one direction of one test is ever proven wrongly."""
        return self.error / 2

    @classmethod
    def of(cls, design: Design, workloads: tuple[Workload, ...]) -> Family:
        """Count the tests of a design. Raises BadInput if family_error or blocks make no sense."""
        if not 0 < design.family_error < 1:
            raise BadInput(f"the family-wise error is {design.family_error:g}; it must lie between 0 and 1")
        if design.blocks < 1:
            raise BadInput(f"the design has {design.blocks} blocks; at least 1 is needed")
        tests = sum(1 for m, _, r in judged(workloads) if r != "evidence" and m.name not in EXACT)
        return cls(tests, design.family_error / max(tests, 1), design.family_error)


def threshold_of(metric: Metric, workload: Workload, design: Design) -> float:
    """Give X for a metric of a workload: what a person asked for, else the metric's own.

    Raises BadInput for an X that is not above 0, or of 100 % and more where more is better.
    """
    asked = design.thresholds
    x = asked.get(f"{metric.name}@{workload.name}", asked.get(metric.name, metric.threshold))
    if not (math.isfinite(x) and x > 0):
        raise BadInput(f"the threshold of {metric.name} is {x:g}; it must be above 0")
    if metric.scale == "ratio" and metric.better == "higher" and x >= 1:
        raise BadInput(
            f"the threshold of {metric.name} is {x:g}, a fall of {x * 100:g} %, which nothing can exceed; "
            "give a share below 1, such as 0.05"
        )
    return x


def margin_of(metric: Metric, threshold: float) -> float:
    """Give the margin on the scale of the test: of the log ratio, or in the metric's unit.

    X is exact on the worse side, as a person says it: throughput that falls by more than X (ratio below 1 -
    X), CPU that grows by more than X (ratio above 1 + X). The better side is its mirror image (ratio above 1
    / (1 - X), below 1 / (1 + X)), so that exchanging base and candidate exchanges the words and nothing else.
    """
    if metric.scale == "difference":
        return threshold
    return -math.log1p(-threshold) if metric.better == "higher" else math.log1p(threshold)
