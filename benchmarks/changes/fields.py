"""Kinds of series as other fields have them: yearly and monthly figures, counts, shares, controlled processes.

All are simulated, with lengths, places and heights drawn anew for each; no series of any published collection is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.changes.noises import remembering

Floats = NDArray[np.float64]
Series = tuple[Floats, list[int]]
Kind = Callable[[np.random.Generator], Series]


def _size(rng: np.random.Generator, low: int = 60, high: int = 300) -> int:
    return int(rng.integers(low, high + 1))


def _place(rng: np.random.Generator, n: int) -> int:
    return int(rng.integers(n // 4, 3 * n // 4 + 1))


def _height(rng: np.random.Generator, low: float = 3.0, high: float = 8.0) -> float:
    return float(rng.uniform(low, high) * rng.choice([-1, 1]))


def _step(rng: np.random.Generator, n: int) -> Series:
    at = _place(rng, n)
    return 50 + rng.normal(size=n) + _height(rng) * (np.arange(n) >= at), [at]


def short_step(rng: np.random.Generator) -> Series:
    return _step(rng, _size(rng, 15, 40))


def short_still(rng: np.random.Generator) -> Series:
    return 50 + rng.normal(size=_size(rng, 15, 40)), []


def many_levels(rng: np.random.Generator) -> Series:
    sizes = rng.integers(20, 80, size=int(rng.integers(4, 8)))
    levels = np.cumsum([_height(rng) for _ in sizes])
    values = 100 + np.repeat(levels, sizes)
    return values + rng.normal(size=len(values)), [int(at) for at in np.cumsum(sizes)[:-1]]


def spread_alone(rng: np.random.Generator) -> Series:
    n = _size(rng)
    at = _place(rng, n)
    return 50 + rng.normal(size=n) * np.where(np.arange(n) < at, 1, rng.uniform(3, 6)), [at]


def months(rng: np.random.Generator) -> Series:
    n = _size(rng, 72, 240)
    at = _place(rng, n)
    year = rng.uniform(2, 6) * np.sin(2 * np.pi * (np.arange(n) / 12 + rng.random()))
    return 50 + rng.normal(size=n) + year + _height(rng) * (np.arange(n) >= at), [at]


def months_still(rng: np.random.Generator) -> Series:
    n = _size(rng, 72, 240)
    year = rng.uniform(2, 6) * np.sin(2 * np.pi * (np.arange(n) / 12 + rng.random()))
    return 50 + rng.normal(size=n) + year + np.arange(n) * rng.uniform(-0.1, 0.1), []


def growing_months(rng: np.random.Generator) -> Series:
    """Growth by a share, with a yearly pattern that grows along."""
    n = _size(rng, 72, 200)
    year = 0.15 * np.sin(2 * np.pi * (np.arange(n) / 12 + rng.random()))
    return 100 * np.exp(np.arange(n) * rng.uniform(0.005, 0.02) + year + 0.04 * rng.normal(size=n)), []


def random_walk(rng: np.random.Generator) -> Series:
    return 100 + np.cumsum(rng.normal(size=_size(rng))), []


def walk_with_jump(rng: np.random.Generator) -> Series:
    n = _size(rng)
    at = _place(rng, n)
    return 100 + np.cumsum(rng.normal(size=n)) + _height(rng, 8, 15) * (np.arange(n) >= at), [at]


def kink(rng: np.random.Generator) -> Series:
    """A trend that turns: over the rest of the series it departs by 10 to 25 scales of the noise."""
    n = _size(rng, 40, 200)
    at = _place(rng, n)
    turn = _height(rng, 10, 25) / (n - at)
    first = rng.uniform(-0.1, 0.1)
    x = np.arange(n)
    return 100 + first * x + turn * np.maximum(x - at, 0) + rng.normal(size=n), [at]


def trend_with_step(rng: np.random.Generator) -> Series:
    values, true = _step(rng, _size(rng))
    return values + np.linspace(0, _height(rng, 5, 15), len(values)), true


def counts(rng: np.random.Generator) -> Series:
    n = _size(rng)
    at = _place(rng, n)
    rate = float(rng.uniform(1, 5))
    return rng.poisson(np.where(np.arange(n) < at, rate, rate * rng.uniform(2.5, 5))).astype(float), [at]


def rare_counts(rng: np.random.Generator) -> Series:
    return rng.poisson(rng.uniform(0.2, 1.5), size=_size(rng)).astype(float), []


def rounded(rng: np.random.Generator) -> Series:
    values, true = _step(rng, _size(rng))
    return np.round(values / 2), true


def with_gaps(rng: np.random.Generator) -> Series:
    values, true = _step(rng, _size(rng))
    values[rng.random(len(values)) < 0.15] = np.nan
    return values, true


def growth_turns(rng: np.random.Generator) -> Series:
    """Growth by a share a value that ends, or turns into decline."""
    n = _size(rng, 40, 150)
    at = _place(rng, n)
    x = np.arange(n)
    rate = rng.uniform(0.02, 0.05)
    logs = rate * np.minimum(x, at) + rng.uniform(-0.5, 0) * rate * np.maximum(x - at, 0)
    return 10 * np.exp(logs + 0.05 * rng.normal(size=n)), [at]


def growth(rng: np.random.Generator) -> Series:
    n = _size(rng, 40, 150)
    return 10 * np.exp(np.arange(n) * rng.uniform(0.01, 0.05) + 0.05 * rng.normal(size=n)), []


def spike(rng: np.random.Generator) -> Series:
    values = 50 + rng.normal(size=_size(rng))
    values[_place(rng, len(values))] += _height(rng, 8, 30)
    return values, []


def half_remembered(rng: np.random.Generator) -> Series:
    return 50 + remembering(float(rng.uniform(0.4, 0.8)))(rng, _size(rng)), []


def shares(rng: np.random.Generator) -> Series:
    n = _size(rng)
    at = _place(rng, n)
    low, high = rng.uniform(0.1, 0.4), rng.uniform(0.6, 0.9)
    mean = (
        np.where(np.arange(n) < at, low, high)
        if rng.random() < 0.5
        else np.where(np.arange(n) < at, high, low)
    )
    return rng.beta(15 * mean, 15 * (1 - mean)), [at]


FIELDS: dict[str, Kind] = {
    "short, a step": short_step,
    "short, still": short_still,
    "3 to 6 steps": many_levels,
    "spread alone changes": spread_alone,
    "months, a step": months,
    "months, a trend": months_still,
    "months that grow": growing_months,
    "random walk": random_walk,
    "walk with a jump": walk_with_jump,
    "a trend that turns": kink,
    "a trend with a step": trend_with_step,
    "counts, a step": counts,
    "rare counts, still": rare_counts,
    "rounded, a step": rounded,
    "gaps and a step": with_gaps,
    "growth that turns": growth_turns,
    "growth": growth,
    "a single spike": spike,
    "AR(1), still": half_remembered,
    "shares, a step": shares,
}


def drawn(rng: np.random.Generator, series: int) -> Iterator[tuple[str, Floats, list[int]]]:
    """Give of each kind so many series, each with its kind and its true changes."""
    for name, kind in FIELDS.items():
        for _ in range(series):
            values, true = kind(rng)
            yield name, values, true
