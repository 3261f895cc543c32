"""Instructions counted while a broker served a fixed number of messages: evidence, from a simulator and not a clock."""

from __future__ import annotations

from dataclasses import dataclass

from chronik_perf.model.target import Side


@dataclass(frozen=True, slots=True)
class CountedRun:
    """One start of a broker under an instruction counter, from its first instruction to its last.

    `messages` were acknowledged and stored. `load_s` is the wall time until the broker had done all that they caused,
    slowed down by the counter; `rested` is False where it still worked when patience ended. `idle_s` is how long the
    broker was then left alone on purpose: 0 but in the run that shows what timers do. `by_function` are the
    instructions of each native function, named as debug symbols name it.
    """

    side: Side
    repeat: int
    messages: int
    instructions: int
    load_s: float
    rested: bool
    idle_s: float
    by_function: dict[str, int]
