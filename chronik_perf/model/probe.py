"""What a start tells beside its load: how it answers other requests, and how it starts again on what it has stored."""

from __future__ import annotations

from dataclasses import dataclass, field

from chronik_perf.model.evidence import Profile
from chronik_perf.model.measured import Measured
from chronik_perf.model.probed import ProbeName
from chronik_perf.model.target import Side


@dataclass(frozen=True, slots=True)
class Probe:
    """What one fresh start of a side told, `start` numbers it from 0 on; `values` by name, each in its unit.

    `stages_ms` holds, of each probe for which messages are produced, how long a record batch was in each of the STAGES
    meanwhile, as the broker's own metrics tell, by their names; empty where they do not.
    `profiles` are of the CPU in a Phase, and of a stop's time; the Phase stands in the place of the workload, and they
    count it as 1,000 messages, so that what is said for 1,000 messages is for one phase; of CONNECTED they count
    connections.
    """

    side: Side
    start: int
    values: dict[ProbeName, Measured]
    profiles: tuple[Profile, ...] = ()
    stages_ms: dict[ProbeName, dict[str, float]] = field(default_factory=dict)
