"""What the rules look at: one workload of a comparison, and what of it is told from noise."""

from __future__ import annotations

from dataclasses import dataclass

from chronik_perf.model import Cause, Comparison, Effect, MetricVerdict, Verdict, Workload
from chronik_perf.stats import ProfileDifference, difference_of

# Of the larger side. What changed by less is no news, however sure it is: it is what a gate asks by default.
WORTH_A_WORD = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """`moved` are gates and watches that regressed or improved, in the verdict's order; `changed` names evidence.

    `cpu` is the difference of CPU profiles, None where a side has none, or nothing is to be told.
    """

    comparison: Comparison
    verdict: Verdict
    workload: Workload
    moved: tuple[MetricVerdict, ...]
    changed: frozenset[str]
    causes: tuple[Cause, ...]
    cpu: ProfileDifference | None

    @classmethod
    def of(
        cls,
        comparison: Comparison,
        verdict: Verdict,
        workload: Workload,
        discovered: frozenset[tuple[str, str]],
    ) -> Case:
        """Gather it; `discovered` holds (metric, workload)."""
        moved = tuple(r for r in verdict.rows if r.workload == workload.name and r.significant)
        causes = tuple(c for c in comparison.causes if c.workload == workload.name)
        return cls(
            comparison,
            verdict,
            workload,
            moved,
            frozenset(metric for metric, of in discovered if of == workload.name),
            causes,
            difference_of(comparison, workload.name, "cpu") if moved or causes else None,
        )

    @property
    def worse(self) -> bool:
        """Tell whether it is a loss that is to be explained; where nothing moved there is none."""
        return bool(self.moved) and self.moved[0].word == "regressed"

    def change(self, metric: str) -> Effect | None:
        """Give the effect of evidence that is told from noise and worth a word; None where it is either not."""
        row = self.verdict.row(metric, self.workload.name)
        if row is None or row.effect is None or metric not in self.changed:
            return None
        base, candidate = row.effect.base, row.effect.candidate
        worth = abs(candidate - base) >= WORTH_A_WORD * max(abs(base), abs(candidate))
        return row.effect if worth else None
