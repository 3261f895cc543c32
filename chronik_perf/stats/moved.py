"""From change points to findings: what moved together is one finding, and what went away again is told apart.

Pure functions on change points, as `stats/changes` finds them in one series at a time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chronik_perf.stats.changes import Change

Fate: TypeAlias = Literal["stayed", "went away again", "moved on", "undoes an earlier one"]
BACK = 0.5
"""A level is back when it has undone at least this share of the change, and not overshot by more than the rest."""
NEAR = 2
"""Change points of several series may lie so many positions apart and still be one change, as single values stray."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One change of one series, with what became of it: `until` is the position where it was undone."""

    change: Change
    fate: Fate
    until: int | None = None

    @property
    def stayed(self) -> bool:
        """Tell whether the newest level still holds what this change brought."""
        return self.fate == "stayed"


def fates(changes: Sequence[Change]) -> tuple[Moved, ...]:
    """Say of each change of one series, in order of position, whether it stayed.

    A change went away again if a later level returned to within half of the change of the level before it; the change
    that returned is told as undoing it. One that a later change in the same direction, or a part of the way back,
    followed "moved on" only if the newest level no longer lies on its side of the level before; else it stayed.
    """
    found: list[Moved] = []
    undoing: set[int] = set()
    for i, change in enumerate(changes):
        step = change.after - change.before
        back = next(
            (
                j
                for j in range(i + 1, len(changes))
                if abs(changes[j].after - change.before) <= (1 - BACK) * abs(step)
            ),
            None,
        )
        newest = changes[-1].after - change.before
        if i in undoing:
            found.append(Moved(change, "undoes an earlier one"))
        elif back is not None:
            undoing.add(back)
            found.append(Moved(change, "went away again", changes[back].index))
        elif newest * step > 0:
            found.append(Moved(change, "stayed"))
        else:
            found.append(Moved(change, "moved on"))
    return tuple(found)


def union(dimensions: Iterable[Sequence[Change]]) -> tuple[int, ...]:
    """Give the positions at which any dimension of one multivariate series moved; close ones are one.

    Of those that are one, the position is that of the most confident change.
    """
    return tuple(
        max(group, key=lambda pair: pair[1].confidence)[1].index
        for group in together([(None, change) for changes in dimensions for change in changes])
    )


def together(changes: Iterable[tuple[object, Change]]) -> list[list[tuple[object, Change]]]:
    """Group changes of several series whose positions have one scale: one group for what moved at one place.

    A change joins the group before it while the ranges in which the changes lie have a position in common, or its
    position is within `NEAR` of that of the most confident one; so a chain of neighbours does not grow without end.
    """
    groups: list[list[tuple[object, Change]]] = []
    for key, change in sorted(changes, key=lambda pair: pair[1].index):
        if groups:
            low = max(c.low for _, c in groups[-1])
            high = min(c.high for _, c in groups[-1])
            surest = max(groups[-1], key=lambda pair: pair[1].confidence)[1]
            overlap = max(low, change.low) <= min(high, change.high)
            if overlap or abs(change.index - surest.index) <= NEAR:
                groups[-1].append((key, change))
                continue
        groups.append([(key, change)])
    return groups


def relative(change: Change) -> float:
    """Give a change relative to the level before it; infinite where that was 0."""
    return (change.after - change.before) / abs(change.before) if change.before else math.inf
