"""Instructions per message, from runs of two lengths, with the precision that their repeats show.

A start's instructions are those of starting and stopping, those of each message, and those of timers, which do work
per second. The difference of two lengths is free of the first. What is left of the third is bounded, not taken
away: a broker under load may do less of it than an idle one, whose timers were measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

CONFIDENCE = 0.99


@dataclass(frozen=True, slots=True)
class PerMessage:
    """Instructions per message of one version: one value a repeat, and their mean.

    `timers` is the most that timers can have added to each, in instructions per message.
    """

    repeats: Floats
    timers: float

    @property
    def mean(self) -> float:
        """The mean over repeats."""
        return float(np.mean(self.repeats))

    @property
    def spread(self) -> float:
        """The largest distance of a repeat from the mean, as a share of it."""
        return float(np.max(np.abs(self.repeats - self.mean)) / self.mean)


@dataclass(frozen=True, slots=True)
class Change:
    """A relative change (0.39 is 39 % more) and its interval; `differs` tells that it is more than what is noise.

    `resolution` is the smallest change that these repeats could have told from none.
    """

    estimate: float
    low: float
    high: float
    resolution: float

    @property
    def differs(self) -> bool:
        """Tell whether the interval excludes no change."""
        return self.low > 0 or self.high < 0


def per_message(
    short: Sequence[int],
    long: Sequence[int],
    messages: tuple[int, int],
    load_s: tuple[Sequence[float], Sequence[float]],
    idle_per_s: float,
) -> PerMessage:
    """Give instructions per message from totals of short and long runs, one of each a repeat.

    `messages` are those of a short and of a long run; `load_s` the seconds in which they were served, and
    `idle_per_s` what the broker's timers do in a second when nobody asks it for anything.
    """
    more = messages[1] - messages[0]
    differences = np.asarray(long, dtype=np.float64) - np.asarray(short, dtype=np.float64)
    seconds = max(0.0, float(np.mean(load_s[1]) - np.mean(load_s[0])))
    return PerMessage(differences / more, max(0.0, idle_per_s) * seconds / more)


def change(base: PerMessage, candidate: PerMessage) -> Change:
    """Compare two versions.

    The interval is Welch's t interval of the difference of mean logarithms (B. L. Welch, Biometrika 34, 1947) at
    99 %, widened by what timers can have added: a version that only waits longer lets more timers fire, and must
    not look as if it computed more. How much of their idle work they go on doing under load is not known, and
    taken to be any share, the same on both sides.
    """
    x, y = np.log(base.repeats), np.log(candidate.repeats)
    estimate = float(np.mean(y) - np.mean(x))
    half = _half_width(x, y)
    # Monotonic in the share of the timers' work that remains under load, so its ends are none and all of it.
    without = float(np.log(_timerless(candidate)) - np.log(_timerless(base)))
    low, high = min(estimate, without) - half, max(estimate, without) + half
    widest = max(estimate - low, high - estimate)
    return Change(*(float(np.expm1(v)) for v in (estimate, low, high, widest)))


def _timerless(one: PerMessage) -> float:
    # The idle rate is a measurement, too, and may be too large for a broker that does next to nothing a message.
    return max(one.mean - one.timers, 0.01 * one.mean)


def _half_width(x: Floats, y: Floats) -> float:
    variances = np.var(x, ddof=1) / len(x), np.var(y, ddof=1) / len(y)
    together = sum(variances)
    if together == 0:
        return 0.0
    freedom = together**2 / (variances[0] ** 2 / (len(x) - 1) + variances[1] ** 2 / (len(y) - 1))
    return float(scipy.special.stdtrit(freedom, (1 + CONFIDENCE) / 2) * np.sqrt(together))


@dataclass(frozen=True, slots=True)
class FunctionChange:
    """Instructions per message in one native function on both sides."""

    name: str
    base: float
    candidate: float

    @property
    def difference(self) -> float:
        """Instructions per message that the candidate spends more."""
        return self.candidate - self.base


def grown(base: dict[str, float], candidate: dict[str, float], most: int = 10) -> list[FunctionChange]:
    """Give the functions whose instructions per message differ most, the largest difference first."""
    changes = [
        FunctionChange(name, base.get(name, 0.0), candidate.get(name, 0.0))
        for name in base.keys() | candidate.keys()
    ]
    return sorted(changes, key=lambda c: (-abs(c.difference), c.name))[:most]
