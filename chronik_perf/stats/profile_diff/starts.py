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
    one thread. Where CPU seconds of any start are not known, all samples stand for periods: a profiler that misses some
    would else make one side look cheaper. Raises ValueError if the profiles are of different workloads or kinds.
    """
    if len({(p.workload, p.kind) for p in (*base, *candidate)}) > 1:
        raise ValueError("profiles of different workloads or kinds have no difference")
    notes: list[str] = []
    kept = [[p for p in side if _counts(p, notes)] for side in (base, candidate)]
    both = (*kept[0], *kept[1])
    by_clock = all(p.kind == "cpu" and known(p.cpu_s) for p in both)
    if not by_clock:
        notes += [
            f"CPU seconds of {p.side} are not known: on both sides a sample counts as 1/{p.rate_hz} s."
            for p in both
            if p.kind == "cpu" and not known(p.cpu_s)
        ]
    return Starts(
        profiles=both,
        base=len(kept[0]),
        us=np.array([_sample_s(p, by_clock) * 1e9 / p.stored for p in both], dtype=np.float64),
        notes=tuple(dict.fromkeys(notes)),
    )


def _counts(profile: Profile, notes: list[str]) -> bool:
    if not any(profile.stacks.values()):
        notes.append(f"The {profile.kind} profile of {profile.side} holds no sample.")
        return False
    if profile.stored <= 0:
        notes.append(
            f"Nothing was stored while {profile.side} was profiled, so there is no cost per message."
        )
        return False
    return True


def _sample_s(profile: Profile, by_clock: bool) -> float:
    cpu_s = known(profile.cpu_s)
    return cpu_s / sum(profile.stacks.values()) if by_clock and cpu_s is not None else 1 / profile.rate_hz
