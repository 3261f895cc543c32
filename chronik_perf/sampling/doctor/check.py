"""What a check found, in the same form for all of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chronik_perf.model import Measured, Unavailable

State: TypeAlias = Literal["ok", "warning", "unavailable"]


class Gain(enum.IntEnum):
    """How much a change of the machine is worth, as a rank: what makes a number wrong comes before what widens it.

    The order is a judgement on what each does to a block's ratio and is no measurement: a load on the broker's own
    core or a sync that is free answers another question, a neighbour's bursts multiply the noise, and what is left
    costs explanations alone.
    """

    ANOTHER_QUESTION = 4
    MUCH_NOISE = 3
    SOME_NOISE = 2
    EXPLANATIONS = 1


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person can change, and what it is worth."""

    change: str
    gain: Gain


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `measured` is by name with the unit in it; `said` is one sentence."""

    name: str
    state: State
    said: str
    measured: dict[str, Measured] = field(default_factory=dict)
    advice: tuple[Advice, ...] = ()


def unavailable(name: str, reason: str, *measured: str) -> Check:
    """Give a check that could not be made, and the same reason for each number that it would have given."""
    return Check(name, "unavailable", reason, {m: Unavailable(reason) for m in measured})
