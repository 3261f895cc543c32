"""Bayesian online change-point detection: a rival, written out because no package of it is kept up.

Adams, R. P. and MacKay, D. J. C. (2007), Bayesian Online Changepoint Detection, arXiv:0710.3742: normal values of
unknown mean and variance under a Normal-Gamma prior, a constant hazard. The segmentation is the most probable one, by
the recursion of Fearnhead, P. and Liu, Z. (2007), On-line inference for multiple changepoint problems, JRSS B 69.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]

HAZARD = 1 / 100
"""One change in a hundred values: the usual default, as of R's package ocp."""
KAPPA, ALPHA, BETA = 1.0, 1.0, 1.0
"""The prior of the authors' own demonstration, about mean 0: for data of mean 0 and variance 1."""


def most_probable(values: Floats) -> list[int]:
    """Give where the segments of the most probable segmentation begin, but for the first; values is (n,), finite."""
    n = len(values)
    spread = float(np.std(values))
    if n < 2 or spread == 0:
        return []
    scaled = (values - float(np.mean(values))) / spread
    sums, squares = (np.concatenate(([0.0], np.cumsum(part))) for part in (scaled, scaled**2))
    best = np.zeros(n + 1)
    begins = np.zeros(n + 1, dtype=int)
    for end in range(1, n + 1):
        start = np.arange(end)
        evidence = _evidence(end - start, sums[end] - sums[start], squares[end] - squares[start])
        stays = (end - start - 1) * np.log1p(-HAZARD)
        changes = np.where(start > 0, np.log(HAZARD), 0.0)
        total = best[start] + changes + stays + evidence
        begins[end] = int(np.argmax(total))
        best[end] = total[begins[end]]
    found: list[int] = []
    at = int(begins[n])
    while at > 0:
        found.append(at)
        at = int(begins[at])
    return found[::-1]


def _evidence(size: NDArray[np.int64], total: Floats, squares: Floats) -> Floats:
    """Give the log probability of segments with the mean and the variance integrated out (Murphy 2007, eq. 95)."""
    kappa, alpha = KAPPA + size, ALPHA + size / 2
    mean = total / size
    beta = BETA + (squares - total * mean) / 2 + KAPPA * size * mean**2 / (2 * kappa)
    evidence: Floats = (
        gammaln(alpha)
        - gammaln(ALPHA)
        + ALPHA * np.log(BETA)
        - alpha * np.log(beta)
        + 0.5 * np.log(KAPPA / kappa)
        - size / 2 * np.log(2 * np.pi)
    )
    return evidence
