"""The sentences that explain a workload's result, as every report tells them."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.model import Comparison, Unavailable, Verdict
from chronik_perf.stats import loss_account, series_account, stage_account

# What work that piles up shows in: tasks that nobody awaits, and the memory that holds them.
_PILES_UP = ("tasks_alive", "rss_bytes")


def explanations(comparison: Comparison, verdict: Verdict, workload: str) -> tuple[str, ...]:
    """Say of a workload in which a gate or watch has moved where the time went, and what piled up meanwhile.

    First what `perf explain` found by experiment, where that was done.
    """
    by_experiment = tuple(s for name, s in comparison.explained.items() if name == workload)
    rows = [r for r in verdict.rows if r.workload == workload and r.role != "evidence"]
    if not any(row.significant for row in rows):
        return by_experiment
    accounts = (stage_account(comparison, verdict, workload), loss_account(verdict, workload))
    told = [
        f"Unavailable: {a.reason.rstrip('.')}." if isinstance(a, Unavailable) else a.sentence
        for a in accounts
    ]
    return (*by_experiment, *told, *_piled_up(comparison, workload))


def _piled_up(comparison: Comparison, workload: str) -> Iterator[str]:
    """Tell a series that rises faster on the candidate's side, beyond both slopes' intervals."""
    for name in _PILES_UP:
        account = series_account(comparison, workload, name)
        base, candidate = account["base"], account["candidate"]
        if isinstance(base, Unavailable) or isinstance(candidate, Unavailable):
            continue
        if isinstance(base.slope, Unavailable) or isinstance(candidate.slope, Unavailable):
            continue
        if candidate.slope.rises and candidate.slope.low > base.slope.high:
            yield f"{candidate.sentence} {base.sentence}"
