"""What a display is told while a comparison runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that began: `phase` for people, how many blocks are finished, and the seconds that all may take."""

    phase: str
    finished: int
    budget_s: float | None


BLOCK = "block"
"""The phase in which a block begins."""

Report: TypeAlias = Callable[[Progress], None]
