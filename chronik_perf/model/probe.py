"""What a start tells beside its load: how it answers other requests, and how it starts again on what it has stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from chronik_perf.model.measured import Measured
from chronik_perf.model.target import Side

ProbeName: TypeAlias = Literal[
    "misordered", "beside_slow", "delivery", "restart_time", "restart_memory", "restart_lost"
]


@dataclass(frozen=True, slots=True)
class Probed:
    """One thing that is probed. A `count` should be 0; of the others a start gives one value in `unit`.

    `said` says what the value is, to follow a side's name and come before the value.
    """

    name: ProbeName
    unit: str
    said: str
    count: bool = False


PROBED: tuple[Probed, ...] = (
    Probed("misordered", "replies", "answers a client's requests out of their order", count=True),
    Probed(
        "restart_lost", "msg", "started again on its own data, lacks messages that it had stored", count=True
    ),
    Probed("beside_slow", "ms", "answers a quick request, while another client's fetch waits, after"),
    Probed("delivery", "ms", "answers a waiting fetch with what is produced after"),
    Probed("restart_time", "s", "started again on what its load has stored, serves after"),
    Probed("restart_memory", "MB", "started again on what its load has stored, holds in memory"),
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What one fresh start of a side told, `start` numbers it from 0 on; `values` by name, each in its unit."""

    side: Side
    start: int
    values: dict[ProbeName, Measured]
