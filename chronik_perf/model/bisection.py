"""The document of a search for a commit: everything that was measured. What it has found is computed from it."""

from __future__ import annotations

from dataclasses import dataclass

from chronik_perf.model.block import Block
from chronik_perf.model.comparison import Environment, Pilot
from chronik_perf.model.workload import Workload

BISECTION_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit: full id, subject line, and the author's date in ISO 8601."""

    id: str
    subject: str
    authored_at: str

    @property
    def short(self) -> str:
        """Give the id as people read it."""
        return self.id[:12]


@dataclass(frozen=True, slots=True)
class Contrast:
    """One block of two commits, by their numbers. `value` is the log ratio of the later one to the earlier one.

    It is None for a block that counts for nothing. `closing` is 0 in the search, else the number of the close that put
    what was found to the test.
    """

    reference: int
    commit: int
    value: float | None
    closing: int
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A commit that cannot be measured, by its number, and why."""

    commit: int
    reason: str


@dataclass(frozen=True, slots=True)
class Bisection:
    """One search. `commits` are in the order in which they were made; the first is good and the last is bad.

    `probability` is that of each commit to be the culprit, as of the last block, and `nothing` that there is none.
    With `network_namespaces` both commits of a block have a network of their own, as in a comparison.
    """

    schema_version: int
    repository: str
    good: str
    bad: str
    commits: tuple[Commit, ...]
    metric: str
    workload: Workload
    confidence: float
    seed: int
    environment: Environment
    started_at: str  # ISO 8601, UTC
    command: str  # reproduces it
    pilots: tuple[Pilot, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    probability: tuple[float, ...] = ()
    nothing: float = 0.0
    outcome: str = "open"
    elapsed_s: float = 0.0
    network_namespaces: bool = False
