"""What a design can tell, worked out before it runs; one that cannot reach its error rate is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtr

from chronik_perf.model import METRICS, BadInput, Design, Metric, Role, Workload, judged
from chronik_perf.stats import words
from chronik_perf.stats.family import EXACT, Family, margin_of, threshold_of
from chronik_perf.stats.interval import half_width, t_quantile

# The quietest block SDs on record (log ratio, 64 slices of 50 ms a side, fresh starts, pinned): the best
# that a machine of this class has shown, so a design that fails even with these cannot succeed.
QUIETEST_SD = {"throughput": 0.005, "cpu_per_message": 0.003}
LEAST_BLOCKS = 3


@dataclass(frozen=True, slots=True)
class MetricPower:
    """What the design can tell of one gate or watch.

    SDs are of the log ratio (or of the difference, in the metric's unit). `largest_block_sd` is the block SD
    up to which an effect of 0 is still called unchanged and one of twice the threshold regressed. `quiet_p`
    is the two-sided p of an effect of twice the threshold at the quietest block SD on record; None where none
    is.
    """

    metric: str
    workload: str
    role: Role
    threshold: float
    margin: float
    largest_block_sd: float
    quiet_p: float | None


@dataclass(frozen=True, slots=True)
class DesignPower:
    """The error rates of a design and what they ask for; `half_width_per_sd` is in block SDs."""

    blocks: int
    degrees_of_freedom: int
    tests: int
    look: int
    look_error: float
    alpha: float
    t_quantile: float
    half_width_per_sd: float
    metrics: tuple[MetricPower, ...]
    sentence: str

    @property
    def smallest_p(self) -> float | None:
        """Give the smallest p of a gate or watch at twice its threshold on the quietest machine on record."""
        known = [m.quiet_p for m in self.metrics if m.quiet_p is not None]
        return min(known) if known else None


def design_check(design: Design, workloads: tuple[Workload, ...]) -> DesignPower:
    """Work out what a design can tell before a block is run.

    A t-interval has no combinatorial floor as a permutation test has (2 / 2**blocks): however few the blocks,
    a quiet enough machine reaches any p. So the design is held against the quietest block SD on record: if
    not even then an effect of twice the threshold would be called regressed (the interval's half width must
    stay below the margin, and p below alpha follows), it is refused.

    Raises BadInput for fewer than 3 blocks, a design that cannot reach its error rate, a threshold or an
    error rate that makes no sense, or a threshold for a metric or workload that is not measured.
    """
    if design.blocks < LEAST_BLOCKS:
        raise BadInput(
            f"{words.count(design.blocks, 'block')} cannot carry a verdict; ask for at least {LEAST_BLOCKS}"
        )
    _check_names(design, workloads)
    family = Family.of(design, workloads)
    per_sd = half_width(design.blocks, 1.0, family.alpha)
    rows = tuple(
        _power(m, w, r, threshold_of(m, w, design), design.blocks, per_sd)
        for m, w, r in judged(workloads)
        if r != "evidence" and m.name not in EXACT
    )
    for row in rows:
        quiet = QUIETEST_SD.get(row.metric)
        if row.role == "gate" and quiet is not None and quiet >= row.largest_block_sd:
            needed = _blocks_needed(row.margin, quiet, family.alpha, design.blocks)
            raise BadInput(
                f"{design.blocks} blocks cannot reach an error of {words.rate(family.alpha)} for each of "
                f"{family.tests} metrics: {row.metric} of {row.workload} would stay inconclusive at a "
                f"threshold of {row.threshold:g} even on the quietest machine on record; ask for {needed}"
            )
    return DesignPower(
        blocks=design.blocks,
        degrees_of_freedom=design.blocks - 1,
        tests=family.tests,
        look=family.look,
        look_error=family.look_error,
        alpha=family.alpha,
        t_quantile=t_quantile(design.blocks, family.alpha),
        half_width_per_sd=per_sd,
        metrics=rows,
        sentence=_sentence(design, family, rows, per_sd),
    )


def _power(m: Metric, w: Workload, role: Role, threshold: float, blocks: int, per_sd: float) -> MetricPower:
    margin = margin_of(m, threshold)
    quiet = QUIETEST_SD.get(m.name)
    p = None if quiet is None else 2 * float(stdtr(blocks - 1, -2 * margin / (quiet / math.sqrt(blocks))))
    return MetricPower(m.name, w.name, role, threshold, margin, margin / per_sd, p)


def _blocks_needed(margin: float, sd: float, alpha: float, blocks: int) -> int:
    while half_width(blocks, sd, alpha) >= margin:
        blocks += 1
    return blocks


def _check_names(design: Design, workloads: tuple[Workload, ...]) -> None:
    metrics, loads = {m.name for m in METRICS}, {w.name for w in workloads}
    for key in design.thresholds:
        metric, _, load = key.partition("@")
        if metric not in metrics:
            raise BadInput(f"no metric is called {metric!r}; there are {', '.join(m.name for m in METRICS)}")
        if load and load not in loads:
            raise BadInput(
                f"no workload of this run is called {load!r}; there are {', '.join(sorted(loads))}"
            )


def _sentence(design: Design, family: Family, rows: tuple[MetricPower, ...], per_sd: float) -> str:
    text = (
        f"{design.blocks} blocks, {words.count(family.tests, 'test')} that share an error of "
        f"{words.rate(family.look_error)} (look {family.look}): an interval is ±{per_sd:.2g} block SDs wide"
    )
    reachable = [row.quiet_p for row in rows if row.quiet_p is not None]
    if reachable:
        text += f", the smallest p in reach {min(reachable):.0e}"
    gates = [r for r in rows if r.role == "gate"] or list(rows)
    ratios = [r for r in gates if r.metric in QUIETEST_SD]
    if not ratios:
        return f"{text}."
    tightest = min(ratios, key=lambda r: r.largest_block_sd)
    return (
        f"{text}, so {tightest.threshold * 100:g} % can be decided up to a block SD of "
        f"{tightest.largest_block_sd * 100:.2g} %."
    )
