"""The family of tests: how much error each may make, and what threshold it is held against.

Error is shared in two ways, both by Bonferroni's inequality. Over *looks*: look k of a comparison may spend
family_error / 2**k, a geometric spending whose sum never exceeds family_error however often `--resume` adds
blocks and looks again (a Bonferroni group-sequential plan in the sense of Lan and DeMets, Biometrika 70,
1983: the share of a look is fixed before its data is seen). Over *metrics*: within a look every gate and
watch that is statistical, of all workloads, gets the same part. What is counted exactly (`unstored`) makes no
such error, and evidence gets no word, so neither takes part.
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
    def of(cls, design: Design, workloads: tuple[Workload, ...]) -> Family:
        """Count the tests of a design. Raises BadInput if family_error or look make no sense."""
        if not 0 < design.family_error < 1:
            raise BadInput(f"the family-wise error is {design.family_error:g}; it must lie between 0 and 1")
        if design.look < 1:
            raise BadInput(f"the look is {design.look}; looks are counted from 1")
        tests = sum(1 for m, _, r in judged(workloads) if r != "evidence" and m.name not in EXACT)
        look_error = design.family_error / 2**design.look
        alpha = look_error / max(tests, 1)
        return cls(tests, design.look, look_error, alpha, alpha / 2)


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
