"""The account of a history: when the level of each series moved, what moved together, how the newest level stands."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from chronik_perf.model.history import Kind, Occasion, Track
from chronik_perf.stats import words
from chronik_perf.stats.changes import Change, detect
from chronik_perf.stats.changes.detect import FEWEST
from chronik_perf.stats.moved import Moved, fates, together

SURE = 0.95
"""Confidence that a change needs before it may fail a check."""

Standing: TypeAlias = Literal["regressed", "held", "unsure", "too few"]


@dataclass(frozen=True, slots=True)
class Past:
    """One series with its changes. `beside` tells whether the values are against one base, measured side by side.

    `values` are what the changes were sought in: levels, or ratios to (differences from) the base. `basis` says it.
    """

    track: Track
    beside: bool
    basis: str
    values: tuple[float, ...]
    moved: tuple[Moved, ...]

    @property
    def unit(self) -> str:
        """Give the unit of the values; a ratio has none."""
        return "" if self.beside and _is_ratio(self.track) else self.track.kind.unit

    @property
    def enough(self) -> bool:
        """Tell whether there are values enough to tell any change."""
        return len(self.values) >= FEWEST


@dataclass(frozen=True, slots=True)
class Part:
    """One series' share of a finding, with a sentence for it."""

    past: Past
    moved: Moved
    worse: bool
    sentence: str


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
        return any(part.worse and part.moved.stayed for part in self.parts)


@dataclass(frozen=True, slots=True)
class Stand:
    """How the newest level of one series stands, with a sentence that says what was looked at."""

    past: Past
    word: Standing
    sentence: str


def past_of(track: Track) -> Past:
    """Seek the changes of one series: against the base where it always was the same one, else in the levels.

    Levels of one machine drift from day to day; a ratio to the same code, measured side by side in the same minutes,
    does not.
    """
    bases = {r.occasion.base_identity for r in track.readings}
    against = [r.against_base for r in track.readings]
    beside = len(bases) == 1 and "" not in bases and None not in against
    if beside:
        name, what = track.readings[0].occasion.base, "ratio to" if _is_ratio(track) else "difference from"
        basis = f"the {what} {name}, measured side by side"
        values = [float(v) for v in against if v is not None]
    else:
        values = [r.level for r in track.readings]
        why = "nothing was measured beside it" if bases == {""} else "the base was not always the same"
        if any(r.occasion.base and not r.occasion.base_identity for r in track.readings):
            why = "the base had uncommitted changes"
        basis = f"the level itself, because {why}"
    return Past(track, beside, basis, tuple(values), fates(detect(np.array(values, dtype=np.float64))))


def is_worse(kind: Kind, change: Change) -> bool:
    """Tell whether a change goes in the direction that is not better."""
    return (change.after > change.before) == (kind.better == "lower")


def findings(pasts: Sequence[Past]) -> tuple[Finding, ...]:
    """Give what moved, newest last: series that moved at one version are one finding."""
    places = _places([past.track for past in pasts])
    keyed = []
    for number, past in enumerate(pasts):
        own = places[number]
        for moved in past.moved:
            change = moved.change
            # Of the versions that this series has no value of, any may have brought the change.
            low = own[change.low - 1] + 1 if change.low > 0 else own[0]
            ends = (min(low, own[change.index]), max(own[min(change.high, len(own) - 1)], own[change.index]))
            keyed.append(
                (
                    (number, moved),
                    dataclasses.replace(change, index=own[change.index], low=ends[0], high=ends[1]),
                )
            )
    by_series = [((number, moved.change.index), change) for (number, moved), change in keyed]
    lookup = {(number, moved.change.index): moved for (number, moved), _ in keyed}
    return tuple(
        _finding(pasts, [(key[0], lookup[key]) for key, _ in group]) for group in together(by_series)
    )


def stand(past: Past, since: str | None = None) -> Stand:
    """Say how the newest level stands: regressed where a change for the worse beyond the threshold stayed.

    Changes up to the version, commit or label `since` are taken as accepted.
    """
    kind, n = past.track.kind, len(past.values)
    newest = past.track.readings[-1].occasion.name
    if not past.enough:
        more = words.count(FEWEST - n, "value")
        return Stand(
            past, "too few", f"{n} of the {FEWEST} values that a change needs; {more} more are needed"
        )
    accepted = _accepted(past, since)
    losses = [
        m
        for m in past.moved
        if m.stayed and is_worse(kind, m.change) and m.change.index > accepted and _beyond(past, m)
    ]
    if not losses:
        return Stand(
            past, "held", f"no loss beyond {_threshold(kind)} stayed, over {n} values up to {newest}"
        )
    worst = max(
        losses,
        key=lambda m: (
            m.change.confidence >= SURE,
            abs(_size(past, m.change.before, past.moved[-1].change.after)),
        ),
    )
    where = past.track.readings[worst.change.index].occasion.name
    total = dataclasses.replace(worst.change, after=past.moved[-1].change.after)
    sentence = f"{_moved_words(past, total)} since {where} and stayed, up to {newest}"
    if worst.change.confidence < SURE:
        return Stand(past, "unsure", f"{sentence}; too unsure to fail on ({_sure(worst.change)})")
    return Stand(past, "regressed", f"{sentence} ({_sure(worst.change)})")


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


def _is_ratio(track: Track) -> bool:
    return track.kind.scale == "ratio"


def _size(past: Past, before: float, after: float) -> float:
    """Give a change relative to the level before it, or in the unit on the difference scale."""
    if not _is_ratio(past.track):
        return after - before
    return (after - before) / abs(before) if before else float("inf") * (after - before)


def _beyond(past: Past, moved: Moved) -> bool:
    size = _size(past, moved.change.before, past.moved[-1].change.after)
    return abs(size) >= past.track.kind.threshold and size != 0


def _threshold(kind: Kind) -> str:
    return (
        words.percent(kind.threshold, 0 if kind.threshold * 100 % 1 == 0 else 1)
        if kind.scale == "ratio"
        else words.quantity(kind.threshold, kind.unit)
    )


def _sure(change: Change) -> str:
    return f"confidence {'over 99.9 %' if change.confidence > 0.999 else words.percent(change.confidence)}"


def _moved_words(past: Past, change: Change) -> str:
    """Say how a series moved: "throughput@raw fell by 12.1 % (from 0.998 to 0.877)"."""
    size = _size(past, change.before, change.after)
    verb = "rose" if change.after > change.before else "fell"
    unit = f" {past.unit}".rstrip()
    levels = f"from {words.number(change.before)} to {words.number(change.after)}{unit}"
    if past.beside:
        base = past.track.readings[0].occasion.base
        levels += f" times {base}" if _is_ratio(past.track) else f" more than {base}"
    by = words.percent(abs(size)) if _is_ratio(past.track) else f"{words.number(abs(size))}{unit}"
    return f"{verb} by {by} ({levels})"


def _finding(pasts: Sequence[Past], group: Sequence[tuple[int, Moved]]) -> Finding:
    parts = []
    for number, moved in group:
        past = pasts[number]
        until = "" if moved.until is None else f" at {past.track.readings[moved.until].occasion.name}"
        sentence = f"{_moved_words(past, moved.change)}, {_sure(moved.change)}; {moved.fate}{until}"
        parts.append(Part(past, moved, is_worse(past.track.kind, moved.change), sentence))
    surest = max(parts, key=lambda p: p.moved.change.confidence)
    at, readings = surest.moved.change, surest.past.track.readings
    occasion = readings[at.index].occasion
    if len(parts) == 1:
        moved = _moved_words(surest.past, at).split(" (")[0]
        kind = surest.past.track.kind
        of = f"{kind.title} ({kind.workload})" if kind.workload else kind.title
        headline = f"{of} {moved} at {occasion.name}{_common_fate(parts)}"
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
