"""What is set aside before levels are sought: gaps, single spikes, a pattern that repeats."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BESIDE = 4
_SPIKE_SCALES = 5.0
_LONGEST_PERIOD = 60
_CYCLES = 3
RESTLESS = 20
"""Values over which the strength of the noise is taken as the same."""


def resolution(values: Floats) -> float:
    """Give the scale of the rounding: the smallest step between two values that differ ÷ √12 (never 0)."""
    steps = np.diff(np.unique(values))
    magnitude = float(np.max(np.abs(values), initial=0.0)) or 1.0
    steps = steps[steps > 1e-12 * magnitude]
    return float((steps.min() if len(steps) else magnitude * 1e-6) / np.sqrt(12.0))


def without_spikes(values: Floats) -> Floats:
    """Put its neighbours' median in the place of each value, or pair of values, that stands alone (Hampel 1974).

    It stands alone where it lies 5 scales beyond the median of the four values before it and of the four after it, to
    the same side, much farther than these two are from each other; and the values next to it are theirs. The scale is
    that of the series' own steps. At an end there is one side only.
    """
    scale = 1.4826 * float(np.median(np.abs(np.diff(values)))) / np.sqrt(2.0)
    least = _SPIKE_SCALES * max(scale, resolution(values))
    cleaned = values.copy()
    for length in (1, 2):
        for at in range(len(values) - length + 1):
            sides = [values[max(0, at - _BESIDE) : at], values[at + length : at + length + _BESIDE]]
            known = [
                (float(np.median(side)), float(side[end]))
                for side, end in zip(sides, (-1, 0), strict=True)
                if len(side)
            ]
            away = np.array([values[at : at + length] - middle for middle, _ in known])
            height = float(np.min(np.abs(away)))
            middles = [middle for middle, _ in known]
            if (
                height > least
                and (np.all(away > 0) or np.all(away < 0))
                and max(middles) - min(middles) < height / 2
                and all(abs(nearest - middle) < height / 2 for middle, nearest in known)
            ):
                cleaned[at : at + length] = np.mean(middles)
    return cleaned


def period_of(values: Floats) -> int | None:
    """Give the length of a pattern that repeats at least three times, or None.

    It is where the autocorrelation of the series' steps is highest, if that is above 0.4 and beyond three standard
    errors of a series without any: steps, so that neither levels nor slopes look like a period.
    """
    steps = np.diff(values)
    n = len(steps)
    # A step that hits a change of level would outweigh all others.
    limit = 4 * 1.4826 * float(np.median(np.abs(steps - np.median(steps))))
    steps = np.clip(steps, np.median(steps) - limit, np.median(steps) + limit) if limit > 0 else steps
    steps = steps - steps.mean()
    power = float(steps @ steps)
    longest = min(_LONGEST_PERIOD, len(values) // _CYCLES)
    if longest < 3 or power <= 0:
        return None
    lags = np.arange(3, longest + 1)
    correlation = np.array([float(steps[lag:] @ steps[:-lag]) / power for lag in lags])
    best = int(np.argmax(correlation))
    return int(lags[best]) if correlation[best] > max(0.4, 3 / np.sqrt(n)) else None


def pattern(values: Floats, period: int) -> Floats:
    """Give the repeating part (n,), mean 0 over a period: the median, per phase, of what a moving median leaves."""
    n = len(values)
    half = period // 2
    slow = np.array([np.median(values[max(0, i - half) : i + half + 1]) for i in range(n)])
    rest = values - slow
    phase = np.arange(n) % period
    shape = np.array([np.median(rest[phase == p]) for p in range(period)])
    repeated: Floats = (shape - shape.mean())[phase]
    return repeated


def wave(values: Floats) -> Floats | None:
    """Give the one sine (n,) that explains most of the series' steps, with a period of 4 values to a third of all.

    A pattern so smooth that a faint one still shows: three numbers instead of one for each phase. None for a series
    that is too short. Steps, clipped, so that neither levels nor slopes look like a wave.
    """
    n = len(values)
    if n < 4 * _CYCLES:
        return None
    steps = np.diff(values)
    steps = steps - np.median(steps)
    limit = 4 * 1.4826 * float(np.median(np.abs(steps)))
    steps = np.clip(steps, -limit, limit) if limit > 0 else steps
    at = np.arange(n)
    best, most = None, 0.0
    for frequency in np.arange(_CYCLES, n / 4, 0.25) / n:
        parts = np.stack((np.cos(2 * np.pi * frequency * at), np.sin(2 * np.pi * frequency * at)), axis=1)
        moves = np.diff(parts, axis=0)
        moves = moves - moves.mean(axis=0)
        weights = np.linalg.solve(moves.T @ moves, moves.T @ steps)
        explained = float(weights @ (moves.T @ steps))
        if explained > most:
            best, most = parts @ weights, explained
    return best


def restlessness(values: Floats, floor: float) -> Floats:
    """Give the strength of the noise at each value (n,), geometric mean 1: the median size of the steps around it.

    Steps, and their median, so that neither a level nor a single move of it counts.
    """
    sizes = np.abs(np.diff(values))
    half = RESTLESS // 2
    around = [float(np.median(sizes[max(0, i - half) : i + half])) for i in range(len(values))]
    strength = np.maximum(np.array(around), floor)
    relative: Floats = strength / np.exp(np.mean(np.log(strength)))
    return relative
