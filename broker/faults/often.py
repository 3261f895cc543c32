"""A strength that is a number of times, turned into whole times."""

from __future__ import annotations


class Often:
    """``times()`` gives whole numbers whose mean is ``mean``: for 0.5 it is 0, 1, 0, 1, ..., without chance."""

    __slots__ = ("_mean", "_owed")

    def __init__(self, mean: float) -> None:
        self._mean = mean
        self._owed = 0.0

    def times(self) -> int:
        self._owed += self._mean
        # Ten times a tenth is one, though not in floating point.
        whole = int(self._owed + 1e-9)
        self._owed -= whole
        return whole
