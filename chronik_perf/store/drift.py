"""A run held against a baseline: how far each metric lies from what was recorded. Evidence, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from chronik_perf.model import BadInput, Comparison, Side, differing_field
from chronik_perf.store.baseline_folder import same_version
from chronik_perf.store.baselines import Baseline, Recorded, not_comparable, of_run


@dataclass(frozen=True, slots=True)
class Drift:
    """One metric now and then. `outside` tells that the median now lies beyond every start recorded then."""

    then: Recorded
    now: Recorded

    @property
    def relative(self) -> float | None:
        """Give the change of the median, relative; None where the recorded median is 0."""
        return self.now.median / self.then.median - 1 if self.then.median else None

    @property
    def outside(self) -> bool:
        """Tell whether the median lies beyond all values of then."""
        return not min(self.then.values) <= self.now.median <= max(self.then.values)


def drift(baseline: Baseline, comparison: Comparison, side: Side) -> tuple[Drift, ...]:
    """Hold one side of a run against a baseline, metric by metric, for the workloads that both have.

    Raises BadInput on another class of machines, for another version, and where workloads of one name differ.
    """
    now = of_run(comparison, side)
    if not same_version(now, baseline):
        raise BadInput(f"the {side} of this run is {now.title}, and the baseline is of {baseline.title}")
    if why := not_comparable(baseline, comparison.environment):
        raise BadInput(f"{baseline.title} is {why}")
    known = {w.name: w for w in baseline.workloads}
    for workload in comparison.workloads:
        if workload.name in known and (difference := differing_field(known[workload.name], workload)):
            raise BadInput(
                f"workload {workload.name} of the run is not that of the baseline: {difference}; "
                "different workloads are never compared"
            )
    then = {(one.workload, one.metric): one for one in baseline.metrics}
    return tuple(
        Drift(then[one.workload, one.metric], one)
        for one in now.metrics
        if (one.workload, one.metric) in then
    )
