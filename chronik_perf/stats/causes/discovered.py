"""Which evidence may be told in words: what is told from noise, all rows of a comparison being one family."""

from __future__ import annotations

import numpy as np

from chronik_perf.model import Effect, MetricVerdict, Verdict
from chronik_perf.stats.profile_diff.significance import discoveries


def discovered(verdict: Verdict) -> frozenset[tuple[str, str]]:
    """Give (metric, workload) of the evidence that changed.

    A row is one whose own interval excludes no change, and which remains when the false discovery rate over all
    evidence of the comparison is held at 5 % (Benjamini and Hochberg 1995), as it is over the functions of a profile:
    of thirty intervals of 99 %, one would exclude it by chance every few comparisons.
    """
    rows: list[tuple[MetricVerdict, Effect]] = [
        (r, r.effect) for r in verdict.rows if r.role == "evidence" and r.effect is not None
    ]
    found, _ = discoveries(np.array([effect.p for _, effect in rows], dtype=np.float64))
    return frozenset(
        (row.metric, row.workload)
        for (row, effect), is_one in zip(rows, found, strict=True)
        if is_one and effect.told_from_noise
    )
