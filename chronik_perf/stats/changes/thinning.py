"""A long series is searched as the medians of its blocks; what is found there is then placed among its values."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_AROUND = 4
"""Blocks on either side of a change that say where in between it lies."""


def medians(values: Floats, size: int) -> Floats:
    """Give the median of each `size` values in a row (n / size, rounded up); the last block may be shorter."""
    whole = len(values) // size * size
    found = np.median(values[:whole].reshape(-1, size), axis=1)
    return found if whole == len(values) else np.append(found, np.median(values[whole:]))


def placed(values: Floats, block: int, size: int, low: int, high: int) -> int:
    """Give where the level moved, at most a block and a half from the beginning of `block`.

    It is the place that leaves the fewest absolute deviations from the medians of up to four blocks on either side,
    between the changes before and after it, at `low` and `high` (of which a third block is between). Time is O(size).
    """
    first, last = max(low, (block - _AROUND) * size), min(high, (block + _AROUND) * size, len(values))
    middle, reach = block * size, size + size // 2
    before, after = (
        np.median(values[first : middle - size // 2]),
        np.median(values[middle + size // 2 : last]),
    )
    start, end = max(first, middle - reach) + 1, min(last - 1, middle + reach)
    # Each value that is counted to the level before it, and not to that after it, costs so much more.
    extra = np.abs(values[start:end] - before) - np.abs(values[start:end] - after)
    return start + int(np.argmin(np.concatenate(([0.0], np.cumsum(extra)))))
