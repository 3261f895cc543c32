"""What a difference of profiles holds: a tree of frame paths, and the functions over all their paths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from chronik_perf.model import ProfileKind
from chronik_perf.stats.profile_diff.moves import State
from chronik_perf.stats.profile_diff.tree import POOLED

Interval = tuple[float, float]

_TURNED: dict[State, State] = {"grew": "shrank", "shrank": "grew"}


def parted(frame: str) -> tuple[str, str]:
    """Part `function (file or module)`; a function in C++ has spaces and parentheses of its own."""
    if not frame.endswith(")"):
        return frame, ""
    function, _, where = frame.removesuffix(")").rpartition(" (")
    return (function, where) if function and where else (frame, "")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one frame used on both sides, inclusive and by itself, in µs per 1,000 stored messages (means over starts).

    `state` "grey": no change that can be told from what starts differ by; it must not be coloured. `interval_us` holds
    the change with 95 % confidence, None without enough starts. What was removed has `candidate_us` 0, what is new
    `base_us` 0.
    """

    name: str
    base_us: float
    candidate_us: float
    base_self_us: float
    candidate_self_us: float
    base_samples: int
    candidate_samples: int
    state: State
    interval_us: Interval | None

    @property
    def grey(self) -> bool:
        """Tell whether it must not be coloured."""
        return self.state == "grey"

    @property
    def delta_us(self) -> float:
        """Change of the inclusive figure."""
        return self.candidate_us - self.base_us

    @property
    def self_delta_us(self) -> float:
        """Change of the frame's own figure."""
        return self.candidate_self_us - self.base_self_us

    def turned(self) -> Self:
        """Read the change from candidate to base: what grew shrank. The frames within, if any, stay as they are."""
        return replace(
            self,
            base_us=self.candidate_us,
            candidate_us=self.base_us,
            base_self_us=self.candidate_self_us,
            candidate_self_us=self.base_self_us,
            base_samples=self.candidate_samples,
            candidate_samples=self.base_samples,
            state=_TURNED.get(self.state, self.state),
            interval_us=(-self.interval_us[1], -self.interval_us[0]) if self.interval_us else None,
        )


@dataclass(frozen=True, slots=True)
class DiffNode(Figures):
    """One frame path; state and interval are those of its inclusive figure. The larger child comes first."""

    children: tuple[DiffNode, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameChange(Figures):
    """One function over all its paths, recursion counted once; state and interval are those of its own figure.

    `seen_from_us` is the change of it that would be told four times out of five, None without enough starts.
    """

    seen_from_us: float | None


@dataclass(frozen=True, slots=True)
class ProfileDifference:
    """The merged tree, the functions by how much their own figure changed, and notes on what a side lacks.

    `turned_sentence` is the sentence read from candidate to base. `unseen` says which smaller change could not have
    been told, or that none could.
    """

    kind: ProfileKind
    workload: str
    root: DiffNode
    frames: tuple[FrameChange, ...]
    base_samples: int
    candidate_samples: int
    notes: tuple[str, ...]
    sentence: str
    turned_sentence: str
    unseen: str

    def functions(self, state: State) -> tuple[FrameChange, ...]:
        """Give the functions of that state, and not what the small ones were pooled as, which has no name to tell."""
        return tuple(f for f in self.frames if f.state == state and f.name != POOLED)
