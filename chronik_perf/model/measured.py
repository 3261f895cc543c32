"""A number that was measured, or the reason why it could not be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Stands where a number would stand, and says why there is none: never 0, never NaN."""

    reason: str


Measured: TypeAlias = float | Unavailable
"""A value in the unit of its field's name, or why it is missing."""


def known(value: Measured | None) -> float | None:
    """Give the number, or None where there is none."""
    return None if value is None or isinstance(value, Unavailable) else float(value)
