"""How well noise that remembers and has heavy tails explains what a fit leaves over."""

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DEGREES = 5.0
"""Degrees of freedom of the innovations' t distribution: tails that a stray value does not dominate, and at 5 hardly
less efficient than the normal where the noise is normal (Lange, Little and Taylor 1989)."""

_MEMORY = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98])
_ROUNDS = 12
_NORMALISER = math.lgamma((DEGREES + 1) / 2) - math.lgamma(DEGREES / 2) - 0.5 * math.log(DEGREES * math.pi)


def noise_of(residuals: Floats, floor: float, restless: Floats, *, remembers: bool) -> float:
    """Give the greatest log likelihood of residuals (n,) as first-order autoregressive noise with t innovations.

    `floor` (> 0) is the smallest scale believed: values are recorded with a resolution, and a fit that leaves
    nothing over would be worth infinitely much. `restless` (n,) is the scale of each innovation relative to the others,
    all 1 where the noise is equally strong throughout. Without `remembers` the coefficient is 0.
    """
    memory = _MEMORY if remembers else _MEMORY[:1]
    innovations = residuals[None, :] - memory[:, None] * np.concatenate(([0.0], residuals[:-1]))[None, :]
    innovations[:, 0] = residuals[0] * np.sqrt(1 - memory**2)
    squares = (innovations / restless) ** 2
    variance = np.maximum(np.mean(squares, axis=1), floor**2)
    for _ in range(_ROUNDS):  # EM for the scale: values far out weigh less
        weights = (DEGREES + 1) / (DEGREES + squares / variance[:, None])
        variance = np.maximum(np.mean(weights * squares, axis=1), floor**2)
    spread = np.log1p(squares / (DEGREES * variance[:, None])).sum(axis=1)
    n = len(residuals)
    likelihood = n * (_NORMALISER - 0.5 * np.log(variance)) - 0.5 * (DEGREES + 1) * spread
    likelihood += 0.5 * np.log(1 - memory**2) - float(np.sum(np.log(restless)))
    return float(likelihood.max())


def noise_in_two_modes(residuals: Floats, floor: float) -> float:
    """Give the log likelihood of residuals (n,) that switch between two places at random, with t noise about each.

    By EM from the split at the widest gap between sorted values that leaves a tenth on either side; weights, places
    and the common scale are fitted. Switching that has no memory is no change of level, however far apart the
    places. Minus infinity where there is one place only.
    """
    n = len(residuals)
    ordered = np.sort(residuals)
    edge = max(1, n // 10)
    gaps = np.diff(ordered)[edge - 1 : n - edge]
    split = ordered[edge - 1 + int(np.argmax(gaps))]
    own = np.stack((residuals <= split, residuals > split)).astype(np.float64)
    if not np.all(own.any(axis=1)):
        return -np.inf
    places = np.array([residuals[one > 0].mean() for one in own])
    variance = max(float(np.mean((own * (residuals - places[:, None]) ** 2).sum(axis=0))), floor**2)
    share = own.mean(axis=1)
    density = np.zeros(n)
    for _ in range(_ROUNDS):
        squares = (residuals - places[:, None]) ** 2
        logs = (
            _NORMALISER
            - 0.5 * np.log(variance)
            - 0.5 * (DEGREES + 1) * np.log1p(squares / (DEGREES * variance))
        )
        logs += np.log(share)[:, None]
        density = np.logaddexp(logs[0], logs[1])
        own = np.exp(logs - density)
        pulls = own * (DEGREES + 1) / (DEGREES + squares / variance)
        share = np.clip(own.mean(axis=1), 1 / (2 * n), 1)
        places = (pulls * residuals).sum(axis=1) / np.maximum(pulls.sum(axis=1), 1e-300)
        variance = max(float((pulls * (residuals - places[:, None]) ** 2).sum() / n), floor**2)
    return float(density.sum())
