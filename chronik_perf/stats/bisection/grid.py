"""The unknowns beside the culprit, on a grid: by how much it changed the metric, and how noisy a block is.

A block's value is Student's t around 0 or around the change, because recorded blocks have outliers that a normal
distribution would take for evidence; its degrees of freedom are unknown, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# All in units of the smallest change that is searched for: 2.5 % of throughput stands for changes up to a factor of
# 20 and a noise of 0.25 to 125 % a block. Recorded comparisons (benchmarks/data) have a noise of 3 to 40 % and most of
# them 5 to 15 %: without that knowledge the first two blocks that happen to agree would pass for a noise of nothing.
LARGEST = 120.0
COARSE = 20
FINE = 41
NOISES = np.geomspace(0.1, 50.0, 18)
USUAL_NOISE, NOISE_WIDTH = 2.5, 0.9  # the middle of a log-normal prior, and its SD in the logarithm
FREEDOMS = np.array([3.0, 30.0])
FINE_SDS = 6.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Changes, noises and degrees of freedom, with the logarithms of the prior probabilities of the first two.

    Arrays of likelihoods have the axes (change, noise, freedom).
    """

    changes: Floats
    log_prior: Floats
    noises: Floats
    log_noise_prior: Floats
    freedoms: Floats

    @property
    def cells(self) -> int:
        """Give the number of pairs of a noise and a freedom."""
        return self.noises.size * self.freedoms.size

    def log_density(self, residuals: Floats) -> Floats:
        """Give the log density of residuals of any shape; noise and freedom are two axes more, at the end."""
        v = self.freedoms
        gamma = scipy.special.gammaln
        constant = gamma((v + 1) / 2) - gamma(v / 2) - np.log(np.pi * v) / 2 - np.log(self.noises)[:, None]
        scaled = (residuals[..., None, None] / self.noises[:, None]) ** 2 / v
        return np.asarray(constant - (v + 1) / 2 * np.log1p(scaled))


def grid_around(values: Floats, smallest: float) -> Grid:
    """Give a grid that is fine where values lie, and reaches as far as any change may.

    The prior of a change is the same for each ratio of sizes (log-uniform) and for both directions, none is below
    `smallest`; that of the noise is log-normal.
    """
    sizes = np.geomspace(smallest, smallest * LARGEST, COARSE)
    points = [sizes, -sizes]
    if values.size:
        middle = float(np.median(values))
        spread = 1.4826 * float(np.median(np.abs(values - middle))) or abs(middle) / 4
        reach = FINE_SDS * max(spread, smallest / 4) / np.sqrt(values.size)
        points.append(np.linspace(middle - reach, middle + reach, FINE))
    changes = np.unique(np.concatenate(points))
    changes = changes[(np.abs(changes) >= smallest) & (np.abs(changes) <= smallest * LARGEST)]
    log_prior = np.empty(changes.size)
    for side in (changes < 0, changes > 0):
        widths = np.gradient(np.log(np.abs(changes[side])))
        log_prior[side] = np.log(np.abs(widths) / np.abs(widths).sum() / 2)
    log_noise_prior = -(((np.log(NOISES / USUAL_NOISE)) / NOISE_WIDTH) ** 2) / 2
    return Grid(changes, log_prior, smallest * NOISES, log_noise_prior, FREEDOMS)
