"""Which figures changed by more than starts of one program differ by.

The unit is the start: samples of one process are not independent. A few starts tell a frame's own variance badly, so
it is shrunk towards what all frames show (moderated t; Smyth, Statistical Applications in Genetics and Molecular
Biology 3(1), 2004), on the scale of the variance that sampling alone would give (quasi-Poisson with a shrunk
dispersion; Lund et al., the same journal 11(5), 2012). The false discovery rate is held by Benjamini and Hochberg,
Journal of the Royal Statistical Society B 57, 1995.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, polygamma, stdtr, stdtrit

from chronik_perf.stats.profile_diff.starts import Floats, Starts

LEAST_STARTS = 3  # of each side; two give no variance worth the name
FALSE_DISCOVERIES = 0.05
CONFIDENCE = 0.95
POWER = 0.8
# A prior that was learnt from fewer figures is no better than the figure's own variance.
LEAST_TO_LEARN = 10
# A start's whole cost is never taken for known better than this, however alike the starts came out.
LEAST_CV = 0.01


@dataclass(frozen=True, slots=True)
class Noise:
    """How starts of one side differ: the whole's relative variance, and the prior of a figure's dispersion.

    A dispersion is a variance over the one that sampling and the whole's own changes would give.
    """

    whole_us: tuple[float, float]
    whole_cv2: float
    prior: float
    prior_df: float


@dataclass(frozen=True, slots=True)
class Changes:
    """Differences of many figures between the sides, in µs per 1,000 stored messages, each with its p-value."""

    delta_us: Floats
    se_us: Floats
    df: float
    p: Floats

    def intervals(self) -> tuple[Floats, Floats]:
        """Give the bounds of each difference, of 95 % confidence for each by itself."""
        half = self.se_us * float(stdtrit(self.df, (1 + CONFIDENCE) / 2))
        return self.delta_us - half, self.delta_us + half

    def detectable_us(self, p_limit: float) -> Floats:
        """Give the change that would be seen four times out of five, if p must be below the limit."""
        return self.se_us * _steps(self.df, p_limit)


def learnt(own: npt.NDArray[np.int64], whole: npt.NDArray[np.int64], starts: Starts) -> Noise:
    """Learn the noise from functions' own samples (a row each, a column a start), which do not overlap."""
    us = whole * starts.us
    means = starts.means(us)
    relative = us / np.repeat(np.stack(means), (starts.base, starts.candidate))
    df = len(starts.profiles) - 2
    cv2 = max(LEAST_CV**2, _pooled(relative[None, :], starts)[0])
    noise = Noise((float(means[0]), float(means[1])), cv2, 1.0, 0.0)
    if len(own) < LEAST_TO_LEARN:
        return noise
    values = own * starts.us
    ratio = _pooled(values, starts) / _expected(values, starts, noise)
    prior, prior_df = _prior(ratio, df)
    return Noise(noise.whole_us, cv2, prior, prior_df)


def changes(counts: npt.NDArray[np.int64], starts: Starts, noise: Noise) -> Changes:
    """Compare both sides' means of each figure (a row each, a column a start)."""
    values = counts * starts.us
    base, candidate = starts.means(values)
    own_df = len(starts.profiles) - 2
    expected = _expected(values, starts, noise)
    ratio = _pooled(values, starts) / expected
    if math.isinf(noise.prior_df):
        shrunk, df = np.full_like(ratio, noise.prior), 1e6
    else:
        df = own_df + noise.prior_df
        shrunk = (noise.prior_df * noise.prior + own_df * ratio) / df
    # No figure is known better than its samples allow.
    variance = np.maximum(1.0, shrunk) * expected
    se = np.sqrt(variance * (1 / starts.base + 1 / starts.candidate))
    delta = candidate - base
    return Changes(delta, se, df, 2 * stdtr(df, -np.abs(delta) / se))


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
    df = min(1e6, len(starts.profiles) - 2 + noise.prior_df)
    variance = max(1.0, noise.prior) * _expected(values, starts, noise)[0]
    se = math.sqrt(variance * (1 / starts.base + 1 / starts.candidate))
    return float(se * _steps(df, p_limit) / us)


def _steps(df: float, p_limit: float) -> float:
    return float(stdtrit(df, 1 - p_limit / 2) + stdtrit(df, POWER))


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


def _prior(ratio: Floats, df: int) -> tuple[float, float]:
    """Fit a scaled F distribution to variances by the moments of their logarithm (Smyth 2004, section 6.2)."""
    floor = max(1e-12, 1e-5 * float(np.median(ratio)))
    e = np.log(np.maximum(ratio, floor)) - digamma(df / 2) + math.log(df / 2)
    beyond = float(np.var(e, ddof=1)) - float(polygamma(1, df / 2))
    if beyond <= 0:
        return math.exp(float(e.mean())), math.inf
    half = _trigamma_inverse(beyond)
    return math.exp(float(e.mean()) + float(digamma(half)) - math.log(half)), 2 * half


def _trigamma_inverse(y: float) -> float:
    """Invert the trigamma function by Newton's method on 1/y, which is nearly straight."""
    x = 0.5 + 1 / y
    for _ in range(50):
        value = float(polygamma(1, x))
        step = value * (1 - value / y) / float(polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return x
