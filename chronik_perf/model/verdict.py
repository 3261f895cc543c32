"""What the statistics say: effects with intervals, and one word each where a word is due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Word: TypeAlias = Literal["regressed", "improved", "unchanged", "inconclusive"]
Role: TypeAlias = Literal["gate", "watch", "evidence"]


@dataclass(frozen=True, slots=True)
class Effect:
    """Candidate against base for one metric of one workload.

    On the ratio scale `estimate`, `low`, `high` are relative changes (-0.78 is a fall of 78 %); on the difference
    scale they are in the metric's unit. `level` is the confidence of this interval after the family-wise
    correction; like `p`, the two-sided p of "no change", it holds at whatever block one stops. An end that nothing
    supports yet is infinite on the difference scale. `block_sd` is the SD over blocks of the log ratio (or of the
    difference), and `base` / `candidate` the typical value of each side in the metric's unit.
    """

    scale: Literal["ratio", "difference"]
    estimate: float
    low: float
    high: float
    level: float
    blocks: int
    block_sd: float
    p: float
    base: float
    candidate: float

    @property
    def told_from_noise(self) -> bool:
        """Tell whether the interval excludes no change."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class MetricVerdict:
    """One row of the verdict. `word` is None for evidence, and where a watch or gate could not be judged.

    `sentence` says it to a person; `why` says what an undecided row would take, or why there is no effect.
    `per_block` are (block index, base value, candidate value) in the metric's unit. `accepted` is the reason for which
    a regression does not count; empty where it does.
    """

    metric: str
    workload: str
    role: Role
    word: Word | None
    threshold: float | None
    effect: Effect | None
    sentence: str
    why: str = ""
    per_block: tuple[tuple[int, float, float], ...] = ()
    accepted: str = ""

    @property
    def counts(self) -> bool:
        """Tell whether this row is a regression that fails the comparison."""
        return self.word == "regressed" and not self.accepted

    @property
    def significant(self) -> bool:
        """Tell whether this row may be coloured, sorted first or named in words: only a decided word may."""
        return self.word in ("regressed", "improved")


Outcome: TypeAlias = Literal["regression", "none", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The one source of significance: words, tables, pictures and exit codes all read this.

    `found` are sentences on what differs beside the rows: modes, drifts within a start, what is held, what was asked.
    `caveats` must be known before the numbers are believed: gaps, a saturated generator, moved canaries.
    """

    outcome: Outcome
    headline: str
    rows: tuple[MetricVerdict, ...]
    family_error: float
    found: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[str, ...]:
        """All sentences beside the rows; what must be known first comes first."""
        return (*self.caveats, *self.found)

    def row(self, metric: str, workload: str) -> MetricVerdict | None:
        """Give the row of one metric of one workload, if there is one."""
        return next((r for r in self.rows if r.metric == metric and r.workload == workload), None)
