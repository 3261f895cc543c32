"""Variances that few values tell badly, shrunk towards what many figures together show.

As in the moderated t-test (Smyth, Statistical Applications in Genetics and Molecular Biology 3(1), 2004) variances are
taken for draws around one that all share, whose size and sureness follow from how they spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy

from chronik_perf.stats.betting.bets import Floats

# What was learnt from fewer figures is no better than a figure's own variance.
LEAST_TO_LEARN = 10
# Degrees of freedom that stand for endlessly many.
MANY = 1e6


@dataclass(frozen=True, slots=True)
class Prior:
    """The variance that figures have in common, and the degrees of freedom that is worth; 0 where it is unknown."""

    variance: float
    df: float

    def shrunk(self, variances: Floats, df: Floats | int) -> tuple[Floats, Floats]:
        """Give variances of `df` degrees of freedom shrunk towards the common one, and the degrees they have then."""
        if math.isinf(self.df):
            return np.full_like(variances, self.variance), np.full_like(variances, MANY)
        total = np.asarray(df + self.df, dtype=float)
        return (self.df * self.variance + df * variances) / total, np.broadcast_to(total, variances.shape)


OWN = Prior(1.0, 0.0)


def prior_of(variances: Floats, df: Floats | int) -> Prior:
    """Fit a scaled F distribution to variances by the moments of their logarithm (Smyth 2004, section 6.2).

    Each is of `df` degrees of freedom. Fewer than ten teach nothing: each has its OWN.
    """
    told = variances > 0  # what does not vary at all was not measured as finely as it would have to be
    variances, half_df = variances[told], np.broadcast_to(df, told.shape)[told] / 2
    if variances.size < LEAST_TO_LEARN:
        return OWN
    floor = max(1e-12, 1e-5 * float(np.median(variances)))
    e = np.log(np.maximum(variances, floor)) - scipy.special.digamma(half_df) + np.log(half_df)
    beyond = float(np.var(e, ddof=1)) - float(np.mean(scipy.special.polygamma(1, half_df)))
    if beyond <= 0:
        return Prior(math.exp(float(e.mean())), math.inf)
    half = _trigamma_inverse(beyond)
    return Prior(math.exp(float(e.mean()) + float(scipy.special.digamma(half)) - math.log(half)), 2 * half)


def _trigamma_inverse(y: float) -> float:
    """Invert the trigamma function by Newton's method on 1/y, which is nearly straight."""
    x = 0.5 + 1 / y
    for _ in range(50):
        value = float(scipy.special.polygamma(1, x))
        step = value * (1 - value / y) / float(scipy.special.polygamma(2, x))
        x += step
        if -step / x < 1e-8:
            break
    return x
