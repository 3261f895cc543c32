"""Starts of both sides side by side, and what one sample of each stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chronik_perf.model import Profile, known

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Starts:
    """The starts that count, those of the base first; `us` is what one sample stands for, per 1,000 messages."""

    profiles: tuple[Profile, ...]
    base: int  # how many of them are the base's
    us: Floats
    notes: tuple[str, ...]

    @property
    def candidate(self) -> int:
        """How many starts the candidate has."""
        return len(self.profiles) - self.base

    def means(self, values: Floats) -> tuple[Floats, Floats]:
        """Give both sides' means over starts (the last axis); zeros where a side has no start."""
        sides = values[..., : self.base], values[..., self.base :]
        base, candidate = (s.mean(axis=-1) if s.shape[-1] else np.zeros(values.shape[:-1]) for s in sides)
        return base, candidate

    def samples(self, counts: Sequence[int]) -> tuple[int, int]:
        """Give both sides' samples over all their starts."""
        return sum(counts[: self.base]), sum(counts[self.base :])


def gathered(base: Sequence[Profile], candidate: Sequence[Profile]) -> Starts:
    """Leave out starts without samples or stored messages, with a note, and scale the others.

    A CPU sample stands for its share of the process's CPU seconds over the window, a wall sample for one period of
    one thread. Raises ValueError if the profiles are of different workloads or kinds.
    """
    if len({(p.workload, p.kind) for p in (*base, *candidate)}) > 1:
        raise ValueError("profiles of different workloads or kinds have no difference")
    notes: list[str] = []
    kept = [[(p, us) for p in side if (us := _us_per_sample(p, notes)) > 0] for side in (base, candidate)]
    both = [*kept[0], *kept[1]]
    return Starts(
        profiles=tuple(p for p, _ in both),
        base=len(kept[0]),
        us=np.array([us for _, us in both], dtype=np.float64),
        notes=tuple(dict.fromkeys(notes)),
    )


def _us_per_sample(profile: Profile, notes: list[str]) -> float:
    counted = sum(profile.stacks.values())
    if counted == 0:
        notes.append(f"The {profile.kind} profile of {profile.side} holds no sample.")
        return 0.0
    if profile.stored <= 0:
        notes.append(
            f"Nothing was stored while {profile.side} was profiled, so there is no cost per message."
        )
        return 0.0
    cpu_s = known(profile.cpu_s)
    if profile.kind == "cpu" and cpu_s is not None:
        return cpu_s / counted * 1e9 / profile.stored
    if profile.kind == "cpu":
        notes.append(
            f"CPU seconds of {profile.side} are not known: a sample counts as 1/{profile.rate_hz} s."
        )
    return 1e9 / profile.rate_hz / profile.stored
