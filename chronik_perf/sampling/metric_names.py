"""What brokers call the numbers that the toolkit knows: the one table to extend for another broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chronik_perf.model import STAGES


@dataclass(frozen=True, slots=True)
class Source:
    """A Prometheus sample and the toolkit's name for it; series with further labels are summed.

    `scale` turns the broker's unit into that of the toolkit's name (seconds, bytes).
    """

    name: str
    kind: Literal["counter", "gauge"]
    sample: str
    labels: tuple[tuple[str, str], ...] = ()
    scale: float = 1.0


SOURCES: tuple[Source, ...] = (
    # The reference broker (broker/metrics.py documents them).
    Source("tasks_created", "counter", "chronik_asyncio_tasks_created_total"),
    Source("tasks_alive", "gauge", "chronik_asyncio_tasks_alive"),
    Source("loop_lag_s", "counter", "chronik_event_loop_lag_seconds_sum"),
    Source("loop_lags", "counter", "chronik_event_loop_lag_seconds_count"),
    Source("connections", "gauge", "chronik_connections"),
    Source("requests_in_flight", "gauge", "chronik_requests_in_flight"),
    Source("batches", "counter", "chronik_produce_batches_total"),
    Source("messages", "counter", "chronik_produce_messages_total"),
    Source("commits", "counter", "chronik_wal_commits_total"),
    Source("commit_bytes", "counter", "chronik_wal_commit_bytes_sum"),
    Source("sync_s", "counter", "chronik_wal_sync_seconds_sum"),
    Source("syncs", "counter", "chronik_wal_syncs_total"),
    Source("bytes_queued", "gauge", "chronik_wal_queued_bytes"),
    *(
        Source(f"stage_{stage}_s", "counter", "chronik_produce_stage_seconds_total", (("stage", stage),))
        for stage in STAGES
    ),
)

LOOP_LAG_BUCKETS = "chronik_event_loop_lag_seconds_bucket"
"""Cumulative counts by `le` in seconds; percentiles over a window come from their differences."""
