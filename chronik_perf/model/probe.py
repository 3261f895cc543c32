"""What a start tells beside its load: how it answers other requests, and how it starts again on what it has stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from chronik_perf.model.evidence import Profile
from chronik_perf.model.measured import Measured
from chronik_perf.model.target import Side

ProbeName: TypeAlias = Literal[
    "misordered",
    "connection",
    "topic_creation",
    "read_back",
    "seek",
    "beside_slow",
    "delivery",
    "restart_time",
    "restart_memory",
    "restart_lost",
]


@dataclass(frozen=True, slots=True)
class Probed:
    """One thing that is probed. A `count` should be 0; of the others a start gives one value in `unit`."""

    name: ProbeName
    unit: str
    count: bool = False


Phase: TypeAlias = Literal["asked", "restarted"]
ASKED: Phase = "asked"
RESTARTED: Phase = "restarted"

PROBED: tuple[Probed, ...] = (
    Probed("misordered", "replies", count=True),
    Probed("restart_lost", "msg", count=True),
    Probed("connection", "ms"),
    Probed("topic_creation", "ms"),
    Probed("read_back", "ms per MB"),
    Probed("seek", "ms"),
    Probed("beside_slow", "ms"),
    Probed("delivery", "ms"),
    Probed("restart_time", "s"),
    Probed("restart_memory", "MB"),
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What one fresh start of a side told, `start` numbers it from 0 on; `values` by name, each in its unit.

    `profiles` are of the CPU in a Phase, which stands in the place of the workload; they count it as 1,000 messages, so
    that what is said for 1,000 messages is for one phase.
    """

    side: Side
    start: int
    values: dict[ProbeName, Measured]
    profiles: tuple[Profile, ...] = ()
