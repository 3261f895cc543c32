"""What a start tells beside its load: how it answers other requests, and how it starts again on what it has stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chronik_perf.model.evidence import Profile
from chronik_perf.model.measured import Measured
from chronik_perf.model.target import Side

ProbeName: TypeAlias = Literal[
    "misordered",
    "connection",
    "metadata",
    "topic_creation",
    "first_message",
    "read_back",
    "seek",
    "offsets",
    "time_lookup",
    "large_batch",
    "many_partitions",
    "written",
    "waiting_cpu",
    "beside_slow",
    "produce_beside",
    "delivery",
    "stop_time",
    "restart_time",
    "restart_memory",
    "restart_lost",
]


Phase: TypeAlias = Literal["asked", "restarted"]
ASKED: Phase = "asked"
RESTARTED: Phase = "restarted"


@dataclass(frozen=True, slots=True)
class Probed:
    """One thing that is probed, `title` in words. A `count` should be 0; of others a start gives a value in `unit`.

    What is below `least` is next to nothing, and so is a difference of less than that. `work` is the phase whose
    profile holds what a broker does for it; None where it only waits, or is not profiled.
    """

    name: ProbeName
    title: str
    unit: str
    count: bool = False
    least: float = 0.0
    work: Phase | None = None


PROBED: tuple[Probed, ...] = (
    Probed("misordered", "replies out of the order of their requests", "replies", count=True),
    Probed("restart_lost", "messages missing after a restart", "msg", count=True),
    Probed("connection", "a new connection's first answer", "ms", work=ASKED),
    Probed("metadata", "telling all topics", "ms", work=ASKED),
    Probed("topic_creation", "a new topic, until it can be written to", "ms", work=ASKED),
    Probed("first_message", "the first message of a new topic, until it is acknowledged", "ms", work=ASKED),
    Probed("read_back", "reading back what is stored", "ms per MB", work=ASKED),
    Probed("seek", "a fetch amid what is stored", "ms", work=ASKED),
    Probed("offsets", "telling where a log ends", "ms", work=ASKED),
    Probed("time_lookup", "finding an offset by its time", "ms", work=ASKED),
    Probed("large_batch", "a batch of 900 KB, until it is acknowledged", "ms", work=ASKED),
    Probed(
        "many_partitions", "a message to one of 64 partitions, until it is acknowledged", "ms", work=ASKED
    ),
    Probed("written", "bytes to disk for a byte of messages", "B"),
    Probed(
        "waiting_cpu", "CPU while twenty fetches wait and nothing comes", "ms per s", least=10.0, work=ASKED
    ),
    Probed("beside_slow", "a quick request beside another client's waiting fetch", "ms"),
    Probed(
        "produce_beside", "a message beside another client's waiting fetch, until it is acknowledged", "ms"
    ),
    Probed("delivery", "a waiting fetch, from produce to answer", "ms"),
    Probed("stop_time", "stopping when asked to", "s", least=0.1),
    Probed("restart_time", "a start on what is stored", "s", work=RESTARTED),
    Probed("restart_memory", "memory after that start", "MB", work=RESTARTED),
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What one fresh start of a side told, `start` numbers it from 0 on; `values` by name, each in its unit.

    `stages_ms` holds, of each probe for which messages are produced, how long a record batch was in each of the STAGES
    meanwhile, as the broker's own metrics tell, by their names; empty where they do not.
    `profiles` are of the CPU in a Phase, which stands in the place of the workload; they count it as 1,000 messages, so
    that what is said for 1,000 messages is for one phase.
    """

    side: Side
    start: int
    values: dict[ProbeName, Measured]
    profiles: tuple[Profile, ...] = ()
    stages_ms: dict[ProbeName, dict[str, float]] = field(default_factory=dict)
