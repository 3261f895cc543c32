"""From change points to findings: what moved together is one finding, and what went away again is told apart.

Pure functions on change points, as `stats/changes` finds them in one series at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from chronik_perf.stats.changes import Change

Fate: TypeAlias = Literal["stayed", "went away again", "was outweighed later", "undid an earlier change"]
Key = TypeVar("Key")

BACK = 0.5
"""A level is back when it lies within this share of the change from the level before it."""
NEAR = 2
"""Changes of two dimensions that lie so many positions apart may be one: fewer values are no level in between."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One change of one series, with what became of it: `until` is the position where it was undone.

    `lasts` tells whether the newest level lies beyond the level before the change, in its direction, and nothing undid
    the change. That can be true of one that stayed and of one that undid another.
    """

    change: Change
    fate: Fate
    lasts: bool
    until: int | None = None


def fates(
    changes: Sequence[Change], tolerance: Callable[[float], float] = lambda level: math.inf
) -> tuple[Moved, ...]:
    """Say of each change of one series, in order of position, whether it stayed.

    A change went away again if a later level came back to within half of it, and within `tolerance` (of that level),
    from the level before it; the change that came back is told as undoing it, and not as news. Of the others, those
    whose newest level lies beyond the level before, in the direction of the change, stayed; the rest were outweighed by
    a later change the other way.
    """
    found: list[Moved] = []
    undoing: set[int] = set()
    for i, change in enumerate(changes):
        step = change.after - change.before
        later = range(i + 1, len(changes))
        near = min(BACK * abs(step), tolerance(change.before))
        back = next((j for j in later if abs(changes[j].after - change.before) <= near), None)
        lasts = back is None and (changes[-1].after - change.before) * step > 0
        if i in undoing:
            found.append(Moved(change, "undid an earlier change", lasts))
        elif back is not None:
            undoing.add(back)
            found.append(Moved(change, "went away again", lasts, changes[back].index))
        else:
            found.append(Moved(change, "stayed" if lasts else "was outweighed later", lasts))
    return tuple(found)


def union(dimensions: Iterable[Sequence[Change]]) -> tuple[int, ...]:
    """Give the positions at which any dimension of one multivariate series moved; close ones are one.

    Of those that are one, the position is that of the most confident change.
    """
    keyed = [(number, change) for number, changes in enumerate(dimensions) for change in changes]
    return tuple(_surest(group).index for group in together(keyed, NEAR))


def together(changes: Iterable[tuple[Key, Change]], near: int = 0) -> list[list[tuple[Key, Change]]]:
    """Group changes of several series whose positions have one scale: one group for what moved at one place.

    A change joins a group while the ranges in which its changes lie have a position in common, or it is at most `near`
    positions from the most confident of them; so a chain of neighbours does not grow without end. One series (`Key`)
    has at most one change in a group.
    """
    groups: list[list[tuple[Key, Change]]] = []
    for key, change in sorted(changes, key=lambda pair: pair[1].index):
        if groups and all(key != other for other, _ in groups[-1]):
            low = max(change.low, *(c.low for _, c in groups[-1]))
            high = min(change.high, *(c.high for _, c in groups[-1]))
            if low <= high or abs(change.index - _surest(groups[-1]).index) <= near:
                groups[-1].append((key, change))
                continue
        groups.append([(key, change)])
    return groups


def _surest(group: Sequence[tuple[Key, Change]]) -> Change:
    return max(group, key=lambda pair: pair[1].confidence)[1]
