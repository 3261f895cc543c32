"""Throughput that decays over minutes: a statistic is kept as the list of all its values, sorted at each commit.

From beyond the catalogue; it is how a percentile is taken by somebody who thinks of a short run. Strength: values
for each commit. To be seen: a run that begins like the other and falls behind it, with CPU per message that grows
within a start; the reply stage grows with it, commit_wait and syncs follow only as the loop gets late.
"""

from __future__ import annotations

from typing import Any

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.server import Server
from broker.wal.group_commit import Commit


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Aging(Server):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            self._waits_s: list[float] = []
            self._p99_s = 0.0

        def on_commit(self, commit: Commit) -> None:
            wait_s = commit.done_at_s - commit.queued_at_sum_s / commit.batches
            self._waits_s += [wait_s] * often.times()
            self._p99_s = percentile(self._waits_s, 0.99)
            super().on_commit(commit)

    return (Aging,)


FAULT = Fault(
    mechanism="all latencies since the start are sorted at each commit",
    incident="beyond the catalogue",
    unit="values per commit",
    full=50,
    moves=("throughput", "cpu_per_message", "p50"),
    culprit="frame percentile",
    parts=_parts,
)
