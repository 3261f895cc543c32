"""What a thing is that is asked of a start beside its load, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

ProbeName: TypeAlias = Literal[
    "misordered",
    "reordered",
    "altered",
    "stored_again",
    "early_fetches",
    "connection",
    "metadata",
    "topic_creation",
    "first_message",
    "read_back",
    "seek",
    "offsets",
    "time_lookup",
    "large_batch",
    "compressed_batch",
    "many_partitions",
    "spread_produce",
    "idempotent",
    "written",
    "acks_all",
    "after_pause",
    "refused",
    "topic_deletion",
    "asked_memory",
    "asked_disk",
    "scrape",
    "left_open",
    "deleted_left",
    "waiting_cpu",
    "beside_slow",
    "produce_beside",
    "beside_reader",
    "delivery",
    "fan_out",
    "stop_time",
    "restart_time",
    "restart_memory",
    "restart_lost",
    "crash_time",
    "crash_lost",
]


Phase: TypeAlias = Literal["asked", "connected", "restarted", "stopped"]
ASKED: Phase = "asked"
CONNECTED: Phase = "connected"
RESTARTED: Phase = "restarted"
STOPPED: Phase = "stopped"


@dataclass(frozen=True, slots=True)
class Probed:
    """One thing that is probed, `title` in words. A `count` should be 0; of others a start gives a value in `unit`.

    `said` says how two versions differ, with places for `who` has more of it, for that `value`, and for what the
    `other` has, which is `less` and of a count none; `failed`, where a version may fail at it, says that it did. What
    is below `least` is next to nothing, and so is a difference of less than that. `work` is the phase whose profile
    holds what a broker does for it; None where it only waits, or is not profiled.
    """

    name: ProbeName
    title: str
    unit: str
    said: str
    count: bool = False
    least: float = 0.0
    work: Phase | None = None
    failed: str = ""

    @property
    def is_work(self) -> bool:
        """Tell whether a broker works longer where there is more of it: what is wrong, or held, takes no time."""
        return not self.count and self.unit != "MB"

    @property
    def is_time(self) -> bool:
        """Tell whether it is measured in time, of the wall or of a core."""
        return self.unit.partition(" ")[0] in ("ms", "s")
