"""What is read beside a load: a process's counters, a broker's own metrics, profiles, the machine.

Every sampler is one file with the interface `Sampler`. Those used in slices that gate are read only while
nothing is in flight.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Sampler"]


class Sampler(Protocol):
    """Something that can be read at any moment.

    `counters` are those names of `sample` that only ever grow, so that a difference over a window means
    something; the others are states. After a sample `unavailable` says for each name that is missing why.
    """

    @property
    def counters(self) -> frozenset[str]: ...

    @property
    def unavailable(self) -> dict[str, str]: ...

    def sample(self) -> dict[str, float]:
        """Give what can be read now, by name with unit. Never raises for a process or port that is gone."""
        ...
