"""What `perf explain` found of one difference between two versions, as the report of the two keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Answer: TypeAlias = Literal["most", "part", "little", "open"]


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the whole change, 1 being all of it; ends that nothing supports yet are infinite."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cause:
    """One difference, whether it turned out to be a cause or not, and its shares of the change of `metric`.

    A share that nothing bounds yet is None: a document holds no infinity.
    """

    workload: str
    metric: str
    key: str
    base: str
    candidate: str
    answer: Answer
    explains: Share | None
    restores: Share | None
    causes: Share | None
