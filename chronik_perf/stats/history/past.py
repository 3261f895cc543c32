"""One series of a history: what its changes are sought in, where its level moved, and how that is said."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from chronik_perf.model.history import Kind, Track
from chronik_perf.stats import words
from chronik_perf.stats.changes import Change, detect
from chronik_perf.stats.changes.detect import FEWEST
from chronik_perf.stats.history.moved import Moved, fates


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
    x = track.kind.threshold

    def tolerance(level: float) -> float:
        # What is still a loss beyond the threshold has not gone away.
        return math.inf if x == 0 else x * abs(level) if _is_ratio(track) else x

    changes = detect(np.array(values, dtype=np.float64))
    return Past(track, beside, basis, tuple(values), fates(changes, tolerance))


def is_worse(kind: Kind, change: Change) -> bool:
    """Tell whether a change goes in the direction that is not better."""
    return (change.after > change.before) == (kind.better == "lower")


def is_loss(past: Past, moved: Moved) -> bool:
    """Tell whether a change is for the worse and lasts; a gain that was lost again is such a loss, too."""
    return moved.lasts and is_worse(past.track.kind, moved.change)


def _is_ratio(track: Track) -> bool:
    return track.kind.scale == "ratio"


def size_of(past: Past, before: float, after: float) -> float:
    """Give a change relative to the level before it, or in the unit on the difference scale."""
    if not _is_ratio(past.track):
        return after - before
    return (after - before) / abs(before) if before else math.copysign(math.inf, after - before)


def threshold_words(kind: Kind) -> str:
    """Say a threshold in its own scale: "5 %" or "64 B"."""
    return (
        f"{kind.threshold * 100:.3g} %"
        if kind.scale == "ratio"
        else words.quantity(kind.threshold, kind.unit)
    )


def confidence_words(change: Change) -> str:
    """Say how sure a change is, and never that it is wholly so."""
    return f"confidence {'over 99.9 %' if change.confidence > 0.999 else words.percent(change.confidence)}"


def moved_words(past: Past, change: Change) -> str:
    """Say how a series moved: "fell by 12.1 % (from 0.998 to 0.877 times v2.2.0)"."""
    size = size_of(past, change.before, change.after)
    verb = "rose" if change.after > change.before else "fell"
    unit = f" {past.unit}".rstrip()
    levels = f"from {words.number(change.before)} to {words.number(change.after)}{unit}"
    if past.beside:
        base = past.track.readings[0].occasion.base
        levels += f" times {base}" if _is_ratio(past.track) else f" more than {base}"
    if math.isinf(size):  # from 0 there is no percentage
        return f"{verb} {levels}"
    by = words.percent(abs(size)) if _is_ratio(past.track) else f"{words.number(abs(size))}{unit}"
    return f"{verb} by {by} ({levels})"
