"""Thresholds that a machine's own history has taught, and why there are none where it has not."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Learnt:
    """X of one test, from `blocks` A/A blocks of one machine; `held_back` newer ones were not used.

    `block_sd` and its upper bound `upper_sd` are on the scale of the test; `since` and `until` (ISO 8601) are when the
    first and the last of the comparisons used began.
    """

    threshold: float
    block_sd: float
    upper_sd: float
    blocks: int
    held_back: int
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Uncalibrated:
    """Stands where a learnt threshold would stand, and says why there is none."""

    reason: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was learnt of one machine, by "metric@workload".

    `budget_blocks` is the number of blocks within which a comparison was to decide.
    """

    schema_version: int
    fingerprint: str
    learnt_at: str  # ISO 8601, UTC
    comparisons: int
    budget_blocks: int
    family_error: float
    learnt: dict[str, Learnt] = field(default_factory=dict)
    uncalibrated: dict[str, Uncalibrated] = field(default_factory=dict)
