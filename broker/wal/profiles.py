"""The flush profiles: how much one commit may take and how long it may wait for more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """``max_commit_batches`` and ``max_queue_batches`` count entries of a queue, each one record batch."""

    max_commit_batches: int
    max_commit_bytes: int
    max_wait_s: float
    max_queue_batches: int


PROFILES: dict[str, Profile] = {
    "low": Profile(500, 5_000_000, 0.020, 2_500),
    "medium": Profile(2_000, 15_000_000, 0.010, 10_000),
    "high": Profile(10_000, 50_000_000, 0.100, 50_000),
    "ultra": Profile(20_000, 100_000_000, 0.100, 100_000),
}
