"""The account of a history: when the level of each series moved, what moved together, how the newest level stands."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chronik_perf.model.history import Occasion, Track
from chronik_perf.stats import words
from chronik_perf.stats.changes import Change
from chronik_perf.stats.changes.detect import FEWEST
from chronik_perf.stats.history.moved import Moved, together
from chronik_perf.stats.history.past import (
    Past,
    confidence_words,
    is_loss,
    is_worse,
    moved_words,
    size_of,
    threshold_words,
)

SURE = 0.95
"""Confidence that a change needs before it may fail a check."""

Standing: TypeAlias = Literal["regressed", "held", "unsure", "too few"]


@dataclass(frozen=True, slots=True)
class Part:
    """One series' share of a finding, with a sentence for it. `word` is None for what is there no more."""

    past: Past
    moved: Moved
    worse: bool
    sentence: str

    @property
    def word(self) -> Literal["regressed", "improved"] | None:
        """Give the word for a change that is still there."""
        if is_loss(self.past, self.moved):
            return "regressed"
        return "improved" if self.moved.fate == "stayed" else None


@dataclass(frozen=True, slots=True)
class Finding:
    """What moved at one place: the first occasion of the new level, and every series that moved there."""

    occasion: Occasion
    headline: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    @property
    def worse(self) -> bool:
        """Tell whether a part of it is a loss that is still there."""
        return any(is_loss(part.past, part.moved) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Stand:
    """How the newest level of one series stands, with a sentence that says what was looked at."""

    past: Past
    word: Standing
    sentence: str


def findings(pasts: Sequence[Past]) -> tuple[Finding, ...]:
    """Give what moved, newest last: series that moved at one version are one finding."""
    places = _places([past.track for past in pasts])
    keyed: list[tuple[int, Change]] = []
    lookup: dict[tuple[int, int], Moved] = {}
    for number, past in enumerate(pasts):
        own = places[number]
        for moved in past.moved:
            change, at = moved.change, own[moved.change.index]
            # Versions between two values of this series may have brought the change as well.
            low = own[change.low - 1] + 1 if change.low > 0 else own[0]
            high = own[min(change.high, len(own) - 1)]
            keyed.append(
                (number, dataclasses.replace(change, index=at, low=min(low, at), high=max(high, at)))
            )
            lookup[number, at] = moved
    return tuple(
        _finding([(pasts[number], lookup[number, change.index]) for number, change in group])
        for group in together(keyed)
    )


def stand(past: Past, since: str | None = None) -> Stand:
    """Say how the newest level stands: regressed where a change for the worse beyond the threshold stayed.

    Changes up to the version, commit or label `since` are taken as accepted.
    """
    kind, n = past.track.kind, len(past.values)
    newest = past.track.readings[-1].occasion.name
    if not past.enough:
        more = words.count(FEWEST - n, "more value is", "more values are")
        return Stand(past, "too few", f"{n} of the {FEWEST} values that a change needs; {more} needed")
    accepted = _accepted(past, since)
    losses = [m for m in past.moved if is_loss(past, m) and m.change.index > accepted and _beyond(past, m)]
    if not losses:
        return Stand(
            past, "held", f"no loss beyond {threshold_words(kind)} stayed, over {n} values up to {newest}"
        )
    newest_level = past.moved[-1].change.after
    worst = max(losses, key=lambda m: (_sure(m), abs(size_of(past, m.change.before, newest_level))))
    where = past.track.readings[worst.change.index].occasion.name
    total = dataclasses.replace(worst.change, after=newest_level)
    sentence = f"{moved_words(past, total)} since {where} and stayed, up to {newest}"
    if not _sure(worst):
        return Stand(past, "unsure", f"{sentence}; too unsure to fail on ({confidence_words(worst.change)})")
    return Stand(past, "regressed", f"{sentence} ({confidence_words(worst.change)})")


def _sure(moved: Moved) -> bool:
    return moved.change.confidence >= SURE


def _accepted(past: Past, since: str | None) -> int:
    """Give the last position that `since` names, -1 for none."""
    if since is None:
        return -1
    return max((i for i, r in enumerate(past.track.readings) if named(r.occasion, since)), default=-1)


def named(occasion: Occasion, text: str) -> bool:
    """Tell whether a text names an occasion: by version, label, or commit (7 digits or more of it)."""
    commit = occasion.commit or ""
    return text in (occasion.version, occasion.label, occasion.name) or (
        len(text) >= 7 and commit.startswith(text)
    )


def _beyond(past: Past, moved: Moved) -> bool:
    size = size_of(past, moved.change.before, past.moved[-1].change.after)
    return abs(size) >= past.track.kind.threshold and size != 0


def _finding(group: Sequence[tuple[Past, Moved]]) -> Finding:
    parts = []
    for past, moved in group:
        until = "" if moved.until is None else f" at {past.track.readings[moved.until].occasion.name}"
        sentence = f"{moved_words(past, moved.change)}, {confidence_words(moved.change)}; {moved.fate}{until}"
        parts.append(Part(past, moved, is_worse(past.track.kind, moved.change), sentence))
    surest = max(parts, key=lambda p: p.moved.change.confidence)
    at, readings = surest.moved.change, surest.past.track.readings
    occasion = readings[at.index].occasion
    if len(parts) == 1:
        how = moved_words(surest.past, at).partition(" (")[0]
        kind = surest.past.track.kind
        of = f"{kind.title} ({kind.workload})" if kind.workload else kind.title
        headline = f"{of} {how} at {occasion.name}{_common_fate(parts)}"
    else:
        headline = f"{len(parts)} series moved at {occasion.name}{_direction(parts)}{_common_fate(parts)}"
    return Finding(occasion, headline, tuple(parts), _notes(surest))


def _direction(parts: Sequence[Part]) -> str:
    directions = {p.worse for p in parts}
    return "" if len(directions) > 1 else ", for the worse" if True in directions else ", for the better"


def _common_fate(parts: Sequence[Part]) -> str:
    fates_here = {p.moved.fate for p in parts}
    return "" if len(fates_here) > 1 else f", and {fates_here.pop()}"


def _notes(part: Part) -> tuple[str, ...]:
    """Say what else may be behind a finding: a place that is not exact, uncommitted changes, tools that changed."""
    change, readings = part.moved.change, part.past.track.readings
    notes = []
    if change.low < change.high:
        first, last = (readings[min(i, len(readings) - 1)].occasion.name for i in (change.low, change.high))
        notes.append(f"it may have come with any from {first} to {last}")
    before, after = readings[max(change.index - 1, 0)].occasion, readings[change.index].occasion
    for tool in sorted(before.tools.keys() & after.tools.keys()):
        if before.tools[tool] != after.tools[tool]:
            notes.append(f"{tool} changed from {before.tools[tool]} to {after.tools[tool]} at the same time")
    if after.dirty:
        notes.append(f"{after.name} had uncommitted changes, so its commit does not say what was measured")
    return tuple(notes)


def _places(tracks: Sequence[Track]) -> list[list[int]]:
    """Give, for each series, the place of each of its readings on one scale of versions that all series share.

    The first, second, ... measurement of the same version are places of their own. Places are in order of time, then of
    the order within a series.
    """
    keys: list[list[tuple[str, str, int]]] = []
    order: dict[tuple[str, str, int], tuple[str, int]] = {}
    for track in tracks:
        seen: Counter[tuple[str, str]] = Counter()
        own = []
        for position, reading in enumerate(track.readings):
            version = (reading.occasion.version, reading.occasion.commit or "")
            seen[version] += 1
            key = (*version, seen[version])
            own.append(key)
            time, place = order.get(key, (reading.occasion.time, position))
            order[key] = (min(time, reading.occasion.time), max(place, position))
        keys.append(own)
    ranks = {key: rank for rank, key in enumerate(sorted(order, key=order.__getitem__))}
    return [[ranks[key] for key in own] for own in keys]
