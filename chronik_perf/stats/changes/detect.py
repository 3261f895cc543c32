"""The change points of a series: the model that describes it in the fewest words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chronik_perf.stats.changes.cleaning import (
    RESTLESS,
    pattern,
    period_of,
    resolution,
    restlessness,
    wave,
    without_spikes,
)
from chronik_perf.stats.changes.noise import noise_in_two_modes, noise_of
from chronik_perf.stats.changes.segments import SHORTEST, Division, Shape, divisions, fitted
from chronik_perf.stats.changes.thinning import medians, placed

Floats = NDArray[np.float64]
Noise = Literal["remembers", "forgets", "two modes"]

FEWEST = 2 * SHORTEST
"""Values below which no change can be told."""

_MOST_CHANGES = 40
_LONGEST = 1200
"""Values that are searched one by one; of a longer series, so many blocks are."""
_PATIENCE = 6
_OF_NOISE = 2
_OF_MODES = 4
_LEAST_ODDS = float(np.log(9.0))
"""Nine to one: a change of which less than 90 % can be said is not told."""
_CREDIBLE = 0.95


@dataclass(frozen=True, slots=True)
class Change:
    """The level moved before position `index` of the series (counted with its gaps).

    `before` and `after` are the levels on its two sides, in the series' unit; the true position lies in
    `low`..`high` with a credibility of 95 %; `confidence` is the weight of the model with this change against the one
    without it, 0.9 to 1 (Kass and Raftery 1995, by the description lengths).
    """

    index: int
    before: float
    after: float
    low: int
    high: int
    confidence: float


@dataclass(frozen=True, slots=True)
class _View:
    """The series as one family of models sees it: on which scale, without which pattern, in levels or in lines."""

    values: Floats
    shape: Shape
    floor: float
    told: float
    offset: float
    noise: Noise
    restless: Floats

    def cost(self, division: Division) -> float:
        """Give twice the description length of the series, in nats, up to what all models share."""
        n = len(self.values)
        rest = self.values - fitted(self.values, division, self.shape)
        if self.noise == "two modes":
            likelihood, of_noise = noise_in_two_modes(rest, self.floor), _OF_MODES
        else:
            remembers = self.noise == "remembers"
            likelihood, of_noise = noise_of(rest, self.floor, self.restless, remembers=remembers), _OF_NOISE
        coefficients = 1 if self.shape == "level" else 2
        told = coefficients * float(np.sum(np.log(np.diff([0, *division, n]))))
        told += 2 * len(division) * np.log(n) + self.told
        # A short series is fitted too well by many numbers; as in AICc (Hurvich and Tsai 1989).
        numbers = coefficients * (len(division) + 1) + len(division) + of_noise
        return float(-2 * likelihood + told * n / max(n - numbers - 1, 1) + self.offset)


def detect(values: Floats) -> tuple[Change, ...]:
    """Give the change points of a series, in order; values is (n,), NaN where there is a gap.

    The models that compete: levels or straight lines between the changes, in the values or in their logarithms (where
    all are positive), with or without a pattern that repeats or a sine, with noise that remembers up to nearly all of
    its last value, or that switches between two modes. Each is as long as its misfit (with t innovations), its stray
    values and its numbers: log n for where a change is, half the log of a segment's size for each of its parameters
    (Davis, Lee and Rodriguez-Yam 2006). The shortest wins; no threshold is asked for. Fewer than 6 values, or values
    that are all the same, have no change.

    More than 1,200 values are searched as the medians of at most 1,200 blocks, so that time hardly grows with length;
    what lasts for less than three blocks is not told. Raises ValueError where values is not one-dimensional.
    """
    if values.ndim != 1:
        raise ValueError("change points are sought in one series at a time")
    places = np.flatnonzero(np.isfinite(values))
    kept = values[places].astype(np.float64)
    if len(kept) < FEWEST or np.ptp(kept) == 0:
        return ()
    size = -(-len(kept) // _LONGEST)
    # An odd number has one in the middle: between two, a block that a step cuts in half would be a level of its own.
    size += 1 - size % 2
    if size == 1:
        return tuple(_moved(change, places) for change in _found(kept))
    found = _found(medians(kept, size))
    starts = [0, *(change.index * size for change in found), len(kept)]
    exact = [
        placed(kept, change.index, size, starts[which], starts[which + 2])
        for which, change in enumerate(found)
    ]
    return tuple(
        _moved(
            replace(
                change, index=at, low=min(at, (change.low - 1) * size), high=max(at, (change.high + 1) * size)
            ),
            places,
        )
        for change, at in zip(found, exact, strict=True)
    )


def _moved(change: Change, places: NDArray[np.int64]) -> Change:
    """Give a change among the values that there are as one among the positions, which count the gaps."""
    last = len(places) - 1
    return replace(
        change,
        index=int(places[change.index]),
        low=int(places[max(change.low, 0)]),
        high=int(places[min(change.high, last)]),
    )


def _found(values: Floats) -> tuple[Change, ...]:
    if np.ptp(values) == 0:
        return ()
    view, division = min(
        ((view, _shortest(view)) for view in _views(values)), key=lambda pair: pair[0].cost(pair[1])
    )
    return tuple(_change(view, division, which, values) for which in range(len(division)))


def _views(values: Floats) -> Iterator[_View]:
    yield from _on_scale(values, 0.0)
    if np.min(values) > 0:
        logs = np.log(values)
        # The density of the values is that of their logarithms ÷ the values.
        yield from _on_scale(logs, 2 * float(logs.sum()))


def _on_scale(values: Floats, offset: float) -> Iterator[_View]:
    n = len(values)
    scale = float(np.median(np.abs(values - np.median(values)))) or float(np.std(values))
    # Divided by the scale so that the floor and the likelihoods do not depend on the unit.
    offset += 2 * n * np.log(scale)
    values = (values - float(np.median(values))) / scale
    floor = resolution(values)
    calm = np.ones_like(values)
    yield _View(values, "level", floor, np.log(n) * (_OF_MODES - _OF_NOISE), offset, "two modes", calm)
    cleaned = without_spikes(values)
    away = np.abs(cleaned - values)
    # A stray value is told too: where it is, and how far.
    strays = float(np.sum(np.where(away > 0, 2 * np.log(n) + 2 * np.log1p(away), 0.0)))
    # Where most values repeat the last one exactly, what looks like memory is the level itself.
    noise: Noise = "remembers" if np.median(np.abs(np.diff(cleaned))) > 0 else "forgets"
    variants = [(cleaned, strays, calm)]
    if n >= 2 * RESTLESS:
        variants.append((cleaned, strays + n / RESTLESS * np.log(RESTLESS), restlessness(cleaned, floor)))
    if (period := period_of(cleaned)) is not None:
        variants.append(
            (cleaned - pattern(cleaned, period), strays + (period - 1) * np.log(n / period), calm)
        )
    if (sine := wave(cleaned)) is not None:
        # Its frequency is known to n^(-3/2), its two coefficients to n^(-1/2): half of 5 log n (Djurić 1996).
        variants.append((cleaned - sine, strays + 5 * np.log(n), calm))
    shapes: tuple[Shape, ...] = ("level", "line")
    for shape in shapes:
        for seen, told, restless in variants:
            yield _View(seen, shape, floor, told, offset, noise, restless)


def _shortest(view: _View) -> Division:
    n = len(view.values)
    most = min(_MOST_CHANGES, n // SHORTEST - 1)
    best: Division = ()
    best_cost = view.cost(())
    for division in divisions(view.values, view.shape, most):
        cost = view.cost(division)
        if cost < best_cost:
            best, best_cost = division, cost
        elif len(division) > len(best) + _PATIENCE:
            break
    return _pruned(view, best, best_cost)


def _pruned(view: _View, division: Division, cost: float) -> Division:
    """Drop changes without which the series is hardly longer: least squares know no memory and no stray values."""
    while division:
        fewer = [division[:which] + division[which + 1 :] for which in range(len(division))]
        costs = [view.cost(one) for one in fewer]
        if min(costs) >= cost + 2 * _LEAST_ODDS:
            break
        cost = min(costs)
        division = fewer[int(np.argmin(costs))]
    return division


def _change(view: _View, division: Division, which: int, values: Floats) -> Change:
    n = len(values)
    start = division[which - 1] if which else 0
    end = division[which + 1] if which + 1 < len(division) else n
    at = division[which]
    nearby = np.arange(max(start + SHORTEST, at - 50), min(end - SHORTEST, at + 50) + 1)
    costs = np.array([view.cost((*division[:which], int(place), *division[which + 1 :])) for place in nearby])
    weights = np.exp(-(costs - costs.min()) / 2)
    likely = np.argsort(-weights)
    enough = int(np.searchsorted(np.cumsum(weights[likely]) / weights.sum(), _CREDIBLE)) + 1
    credible = nearby[likely[:enough]]
    best = int(nearby[likely[0]])
    without = view.cost(division[:which] + division[which + 1 :])
    odds = (without - float(costs.min())) / 2
    before, after = values[start:best], values[best:end]
    return Change(
        index=best,
        before=float(np.median(before)),
        after=float(np.median(after)),
        low=int(credible.min()),
        high=int(credible.max()),
        confidence=float(1 / (1 + np.exp(-min(odds, 700.0)))),
    )
