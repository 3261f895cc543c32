"""Hartigans' dip: how far a sample is from having one mode only.

Hartigan and Hartigan, "The dip test of unimodality", Annals of Statistics 13, 1985; the algorithm is Hartigan's
(AS 217, Applied Statistics 34, 1985) with the corrections that Maechler made to it later.
"""

from __future__ import annotations

import math

import numpy as np

from chronik_perf.stats.betting.bets import Floats

# The dip that a sample from a uniform distribution exceeds in 0.5 % of cases, times the square root of its size: the
# table of the paper, from more draws (Maechler's, one million for each size). The uniform is the unimodal
# distribution with the largest dips, so for any other the chance is smaller.
SIZES = (4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 50, 100, 200, 500, 1000, 5000, 72000)
CRITICAL = (
    *(0.4745, 0.4431, 0.4950, 0.5054, 0.5063, 0.5185, 0.5287, 0.5517, 0.5660),
    *(0.5834, 0.6031, 0.6204, 0.6358, 0.6462, 0.6530, 0.6606, 0.6664),
)


def critical_dip(size: float) -> float:
    """Give the dip that a unimodal sample of that many independent values exceeds in at most 0.5 % of cases."""
    scaled = float(np.interp(math.log(max(size, SIZES[0])), np.log(SIZES), CRITICAL))
    return scaled / math.sqrt(max(size, SIZES[0]))


def dip(values: Floats) -> float:
    """Give the largest distance between the distribution of `values` (in any order) and the closest unimodal one.

    From 1 / (2 n), the least that n values can have, to 1/4. Fewer than four values, or all alike, have none: 0.
    """
    x = np.sort(np.asarray(values, dtype=float)).tolist()
    n = len(x)
    if n < 4 or x[0] == x[-1]:
        return 0.0
    minorant, majorant = _touching_minorant(x), _touching_majorant(x)
    low, high, most = 0, n - 1, 1.0
    while True:
        # The corners of the greatest convex minorant and of the least concave majorant between low and high.
        gcm, lcm = [high], [low]
        while gcm[-1] > low:
            gcm.append(minorant[gcm[-1]])
        while lcm[-1] < high:
            lcm.append(majorant[lcm[-1]])
        distance, left, right = _widest(x, gcm, lcm)
        if distance < most:
            break
        below = max((_bulge(x, gcm[j + 1], gcm[j], 1) for j in range(left, len(gcm) - 1)), default=0.0)
        above = max((_bulge(x, lcm[j], lcm[j + 1], -1) for j in range(right, len(lcm) - 1)), default=0.0)
        most = max(most, below, above)
        if low == gcm[left] and high == lcm[right]:
            break
        low, high = gcm[left], lcm[right]
    return most / (2 * n)


def _touching_minorant(x: list[float]) -> list[int]:
    """Give for each value the corner before it of the convex minorant of all values up to it."""
    corner = [0] * len(x)
    for j in range(1, len(x)):
        k = j - 1
        while k and (x[j] - x[k]) * (k - corner[k]) >= (x[k] - x[corner[k]]) * (j - k):
            k = corner[k]
        corner[j] = k
    return corner


def _touching_majorant(x: list[float]) -> list[int]:
    """Give for each value the corner after it of the concave majorant of all values from it on."""
    last = len(x) - 1
    corner = [last] * len(x)
    for j in range(last - 1, -1, -1):
        k = j + 1
        while k < last and (x[j] - x[k]) * (k - corner[k]) >= (x[k] - x[corner[k]]) * (j - k):
            k = corner[k]
        corner[j] = k
    return corner


def _widest(x: list[float], gcm: list[int], lcm: list[int]) -> tuple[float, int, int]:
    """Give the largest distance of the two between their corners, in values, and the corners where it is."""
    last_g, last_l = len(gcm) - 1, len(lcm) - 1
    left, right = last_g, last_l
    if last_g == 1 and last_l == 1:
        return 1.0, left, right
    distance, ix, iv = 0.0, last_g - 1, 1
    while True:
        g, v = gcm[ix], lcm[iv]
        if g > v:
            before = gcm[ix + 1]
            gap = (v - before + 1) - (x[v] - x[before]) * (g - before) / (x[g] - x[before])
            iv += 1
            if gap >= distance:
                distance, left, right = gap, ix + 1, iv - 1
        else:
            before = lcm[iv - 1]
            gap = (x[g] - x[before]) * (v - before) / (x[v] - x[before]) - (g - before - 1)
            ix -= 1
            if gap >= distance:
                distance, left, right = gap, ix + 1, iv
        ix, iv = max(ix, 0), min(iv, last_l)
        if gcm[ix] == lcm[iv]:
            return distance, left, right


def _bulge(x: list[float], begin: int, end: int, sign: int) -> float:
    """Give how far the values stand out of the straight line between two corners, in values, at least 1."""
    if end - begin <= 1 or x[end] == x[begin]:
        return 1.0
    slope = (end - begin) / (x[end] - x[begin])
    return max(1.0, *(sign * (j - begin - (x[j] - x[begin]) * slope) + 1 for j in range(begin, end + 1)))
