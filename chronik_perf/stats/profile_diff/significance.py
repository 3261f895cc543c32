"""Which figures changed by more than starts of one program differ by.

The unit is the start: samples of one process are not independent. A few starts tell a frame's own variance badly, so
it is shrunk towards what all frames show (`moderated`), on the scale of the variance that sampling alone would give
(quasi-Poisson with a shrunk dispersion; Lund et al., Statistical Applications in Genetics and Molecular Biology 11(5),
2012). The false discovery rate is held by Benjamini and Hochberg,
Journal of the Royal Statistical Society B 57, 1995.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy

from chronik_perf.stats.moderated import MANY, OWN, Prior, prior_of
from chronik_perf.stats.profile_diff.starts import Floats, Starts

LEAST_STARTS = 3  # of each side; two give no variance worth the name
FALSE_DISCOVERIES = 0.05
CONFIDENCE = 0.95
POWER = 0.8
# A start's whole cost is never taken for known better than this, however alike the starts came out.
LEAST_CV = 0.01


@dataclass(frozen=True, slots=True)
class Noise:
    """How starts of one side differ: the whole's relative variance, and the prior of a figure's dispersion.

    A dispersion is a variance over the one that sampling and the whole's own changes would give.
    """

    whole_us: tuple[float, float]
    whole_cv2: float
    prior: Prior


@dataclass(frozen=True, slots=True)
class Changes:
    """Differences of many figures between the sides, in µs per 1,000 stored messages, each with its p-value."""

    delta_us: Floats
    se_us: Floats
    df: float
    p: Floats

    def intervals(self, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
        """Give the bounds of each difference, of so much confidence for each by itself."""
        half = self.se_us * float(scipy.special.stdtrit(self.df, (1 + confidence) / 2))
        return self.delta_us - half, self.delta_us + half

    def detectable_us(self, p_limit: float) -> Floats:
        """Give the change that would be seen four times out of five, if p must be below the limit."""
        return self.se_us * _steps(self.df, p_limit)


def learnt(
    own: npt.NDArray[np.int64], whole: npt.NDArray[np.int64], starts: Starts, whole_cv2: float | None = None
) -> Noise:
    """Learn the noise from functions' own samples (a row each, a column a start), which do not overlap.

    How the whole varies from start to start is seen in the whole, or given, where that has been taken away.
    """
    us = whole * starts.us
    means = starts.means(us)
    relative = us / np.repeat(np.stack(means), (starts.base, starts.candidate))
    df = len(starts.profiles) - 2
    cv2 = float(_pooled(relative[None, :], starts)[0]) if whole_cv2 is None else whole_cv2
    cv2 = max(LEAST_CV**2, cv2)
    noise = Noise((float(means[0]), float(means[1])), cv2, OWN)
    values = own * starts.us
    ratio = _pooled(values, starts) / _expected(values, starts, noise)
    return replace(noise, prior=prior_of(ratio, df))


def changes(counts: npt.NDArray[np.int64], starts: Starts, noise: Noise) -> Changes:
    """Compare both sides' means of each figure (a row each, a column a start)."""
    values = counts * starts.us
    base, candidate = starts.means(values)
    own_df = len(starts.profiles) - 2
    expected = _expected(values, starts, noise)
    shrunk, _ = noise.prior.shrunk(_pooled(values, starts) / expected, own_df)
    df = min(MANY, own_df + noise.prior.df)
    # No figure is known better than its samples allow.
    variance = np.maximum(1.0, shrunk) * expected
    se = np.sqrt(variance * (1 / starts.base + 1 / starts.candidate))
    delta = candidate - base
    return Changes(delta, se, df, 2 * scipy.special.stdtr(df, -np.abs(delta) / se))


def discoveries(p: Floats) -> tuple[npt.NDArray[np.bool_], float]:
    """Tell which p-values are discoveries, and which p was the limit; were there none, that of the first."""
    if p.size == 0:
        return np.zeros(0, dtype=np.bool_), FALSE_DISCOVERIES
    ranked = np.sort(p)
    limits = FALSE_DISCOVERIES * np.arange(1, p.size + 1) / p.size
    passing = np.nonzero(ranked <= limits)[0]
    limit = float(limits[passing[-1]] if passing.size else limits[0])
    return p <= (limit if passing.size else -1.0), limit


def detectable_share(share: float, starts: Starts, noise: Noise, p_limit: float) -> float:
    """Give the relative change of a figure with that share of the whole that would be seen four times out of five."""
    us = np.mean(noise.whole_us) * share
    values = np.full((1, len(starts.profiles)), us)
    df = min(MANY, len(starts.profiles) - 2 + noise.prior.df)
    variance = max(1.0, noise.prior.variance) * _expected(values, starts, noise)[0]
    se = math.sqrt(variance * (1 / starts.base + 1 / starts.candidate))
    return float(se * _steps(df, p_limit) / us)


def _steps(df: float, p_limit: float) -> float:
    return float(scipy.special.stdtrit(df, 1 - p_limit / 2) + scipy.special.stdtrit(df, POWER))


def _pooled(values: Floats, starts: Starts) -> Floats:
    """Give the variance between starts of one side, of both sides together."""
    parts = (values[:, : starts.base], values[:, starts.base :])
    squares = [((part - part.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) for part in parts]
    return np.asarray(sum(squares) / (values.shape[1] - 2), dtype=np.float64)


def _expected(values: Floats, starts: Starts, noise: Noise) -> Floats:
    """Give the variance of one start's figure that sampling and the whole's changes give, if no side differs."""
    mean = values.mean(axis=1)
    share = np.minimum(1.0, mean / np.mean(noise.whole_us))
    # Who holds everything has no sampling error; the CPU clock knows it.
    sampled = mean * (1 - share) * starts.us.mean()
    # A figure that was never sampled is not known to be nothing.
    least = (starts.us.mean() / values.shape[1]) ** 2
    return np.asarray(np.maximum(least, sampled + noise.whole_cv2 * mean**2), dtype=np.float64)
