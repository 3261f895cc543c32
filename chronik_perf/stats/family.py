"""The family of tests: how much error each may make, and what threshold it is held against.

Error is shared in two ways, both by Bonferroni's inequality. Over *looks*: look k of a comparison may spend
family_error / 2**k, a geometric spending whose sum never exceeds family_error however often `--resume` adds
blocks and looks again (a Bonferroni group-sequential plan in the sense of Lan and DeMets, Biometrika 70,
1983: the share of a look is fixed before its data is seen). Over *metrics*: within a look every gate and
watch that is statistical, of all workloads, gets the same part. What is counted exactly (`unstored`) makes no
such error, and evidence gets no word, so neither takes part. A comparison that was stopped early, by someone
who could watch its estimates, shares its look over all the blocks at which it might have been stopped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from chronik_perf.model import BadInput, Design, Metric, Workload, judged

EXACT = frozenset({"unstored"})


@dataclass(frozen=True, slots=True)
class Family:
    """The statistical gates and watches of one look; `tests` is how many, `alpha` what each may err by."""

    tests: int
    look: int
    look_error: float
    alpha: float
    next_alpha: float  # what each test may spend if blocks are added and judged once more

    @property
    def level(self) -> float:
        """Confidence of each two-sided interval."""
        return 1 - self.alpha

    @classmethod
    def of(cls, design: Design, workloads: tuple[Workload, ...], complete: bool = True) -> Family:
        """Count the tests of a design; `complete` False is for a comparison that stopped before its end.

        Raises BadInput if family_error, look or blocks make no sense.
        """
        if not 0 < design.family_error < 1:
            raise BadInput(f"the family-wise error is {design.family_error:g}; it must lie between 0 and 1")
        if design.look < 1:
            raise BadInput(f"the look is {design.look}; looks are counted from 1")
        if design.blocks < 1:
            raise BadInput(f"the design has {design.blocks} blocks; at least 1 is needed")
        tests = sum(1 for m, _, r in judged(workloads) if r != "evidence" and m.name not in EXACT)
        look_error = design.family_error / 2**design.look
        # Whoever stopped it saw the estimate after every block, so each block was a chance to stop.
        alpha = look_error / max(tests, 1) / (1 if complete else design.blocks)
        next_alpha = look_error / max(tests, 1) / 2
        return cls(tests, design.look, look_error, alpha, next_alpha)


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
