"""The sentences that explain a workload's result, as every report tells them."""

from __future__ import annotations

from chronik_perf.model import Comparison, Unavailable, Verdict
from chronik_perf.stats import loss_account, stage_account


def explanations(comparison: Comparison, verdict: Verdict, workload: str) -> tuple[str, ...]:
    """Say which stage grew and whether CPU explains it, for a workload in which a gate or watch has moved."""
    rows = [r for r in verdict.rows if r.workload == workload and r.role != "evidence"]
    if not any(row.significant for row in rows):
        return ()
    told = []
    for account in (
        stage_account(comparison, verdict, workload),
        loss_account(verdict, workload),
    ):
        if isinstance(account, Unavailable):
            told.append(f"Unavailable: {account.reason}.")
        elif account is not None and account.sentence:
            told.append(account.sentence)
    return tuple(told)
