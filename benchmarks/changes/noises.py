"""Kinds of noise about a level that stays, falls, or falls and comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int], Floats]

VALUES, HEIGHT = 100, 6.0
SHAPES: tuple[tuple[int, ...], ...] = ((), (60,), (45, 60))


def remembering(memory: float) -> Noise:
    def noise(rng: np.random.Generator, n: int) -> Floats:
        values = rng.normal(size=n)
        for at in range(1, n):
            values[at] += memory * values[at - 1]
        return values

    return noise


def stray(rng: np.random.Generator, n: int) -> Floats:
    values = rng.normal(size=n)
    values[rng.choice(n, size=n // 30, replace=False)] += 15
    return values


NOISES: dict[str, Noise] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy tails (t, 3)": lambda rng, n: rng.standard_t(3, size=n),
    "skewed (log-normal)": lambda rng, n: np.exp(rng.normal(0, 0.6, size=n)),
    "remembers half": remembering(0.5),
    "remembers nearly all": remembering(0.9),
    "slow drift": lambda rng, n: rng.normal(size=n) + np.linspace(0, 10, n),
    "weekdays": lambda rng, n: rng.normal(size=n) + 3 * np.sin(np.arange(n) * 2 * np.pi / 7),
    "stray values": stray,
    "grows fourfold": lambda rng, n: rng.normal(size=n) * np.where(np.arange(n) < n // 2, 0.5, 2),
    "two modes": lambda rng, n: rng.normal(size=n) - np.where(rng.random(n) < 0.25, 30, 0),
}


def drawn(rng: np.random.Generator, series: int) -> Iterator[tuple[str, Floats, list[int]]]:
    """Give for each kind of noise and shape so many series, each with its kind and its true changes."""
    for noise, draw in NOISES.items():
        for true in SHAPES:
            for _ in range(series):
                values = 100 + draw(rng, VALUES)
                if true:
                    values[true[0] : (true[1] if len(true) > 1 else VALUES)] -= HEIGHT
                yield noise, values, list(true)
