"""Puts many comparisons at once before the bets that judge one: the functions of `chronik_perf.stats.betting.bets`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import beta

from benchmarks.proof.dataset import Booleans, Floats, Recorded
from chronik_perf.stats.betting.sequential import looks
from chronik_perf.stats.betting.typical import Typical

FAMILY_ERROR = 0.01
# Comparisons times tests times blocks in one piece; more of them do not fit into a processor's cache.
PIECE = 400_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """Comparisons, each value of shape (comparisons, tests, blocks) on the tests' scales or in margins.

    `base_first` tells of each block which side was started first, and broadcasts against the values. `typical` is
    what each block's pairs of slices tell; where it is None no test has any.
    """

    base: Floats
    candidate: Floats
    base_first: Booleans
    typical: Typical | None = None

    def lost(self, shift: Floats | float) -> Drawn:
        """Give the same comparisons with a candidate that is shifted; `shift` has shape (tests,) or is one for all."""
        by = np.asarray(shift)[..., None]
        typical = None if self.typical is None else replace(self.typical, value=self.typical.value + by)
        return Drawn(self.base, self.candidate + by, self.base_first, typical)

    def test(self, at: int) -> Drawn:
        """Give one test of each comparison alone."""
        first = np.broadcast_to(self.base_first, self.base.shape)
        return Drawn(self.base, self.candidate, first, self.typical).picked((slice(None), slice(at, at + 1)))

    def picked(self, which: tuple[slice, ...]) -> Drawn:
        """Give those that slices along the first axes pick; `base_first` must have the shape of the values."""
        typical = None if self.typical is None else self.typical.map(lambda of: of[which])
        return Drawn(self.base[which], self.candidate[which], self.base_first[which], typical)


def replayed(run: Recorded) -> Drawn:
    """Give one recorded comparison as it was."""
    base, candidate = np.moveaxis(run.values, 2, 0)[:, None]
    return Drawn(base, candidate, run.base_first, run.spreads.typical().map(lambda of: of[None]))


@dataclass(frozen=True, slots=True)
class Words:
    """At which block (1, 2, ...) each test first proves its shift below -margin, above it, and inside; else infinity.

    Arrays of shape (comparisons, tests).
    """

    below: Floats
    above: Floats
    inside: Floats

    @property
    def first(self) -> Floats:
        """Give the block of the first word."""
        return np.minimum(np.minimum(self.below, self.above), self.inside)


def words(
    drawn: Drawn,
    margin: Floats | float,
    one_way: Floats | float,
    *,
    sameness: bool = True,
) -> Words:
    """Judge comparisons at every look; without `sameness` nothing is tried to be proven inside, which is faster.

    `margin` broadcasts against (tests,), `one_way`, the error of one direction of one test, against (comparisons,
    tests).
    """
    n, tests, blocks = drawn.base.shape
    first = np.broadcast_to(drawn.base_first, drawn.base.shape)
    edge = np.broadcast_to(np.asarray(margin, dtype=float), (tests,))[:, None]
    error = np.broadcast_to(np.asarray(one_way, dtype=float), (n, tests))
    step = max(1, PIECE // (tests * blocks))
    whole = replace(drawn, base_first=first)
    pieces = [slice(i, i + step) for i in range(0, n, step)]
    parts = [_words(whole.picked((piece,)), edge, error[piece, :, None], sameness) for piece in pieces]
    return Words(*(np.concatenate(p) for p in zip(*parts, strict=True)))


def _words(drawn: Drawn, edge: Floats, error: Floats, sameness: bool) -> tuple[Floats, Floats, Floats]:
    found = looks(
        drawn.base, drawn.candidate, edge, error, drawn.base_first, drawn.typical, sameness=sameness
    )
    return _first(found.below), _first(found.above), _first(found.inside)


def _first(held: Booleans) -> Floats:
    return np.where(held.any(axis=-1), held.argmax(axis=-1) + 1.0, np.inf)


def one_way(tests: int, family_error: float = FAMILY_ERROR) -> float:
    """Give the error of one direction of one test of a comparison with so many tests."""
    return family_error / (2 * tests)


def upper_bound(times: int, of: int, level: float = 0.95) -> float:
    """Give the one-sided upper confidence bound of a rate (Clopper and Pearson, Biometrika 26, 1934)."""
    return 1.0 if times >= of else float(beta.ppf(level, times + 1, of - times))
