"""What explains a verdict and never makes one: time series and profiles, from slices of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from chronik_perf.model.measured import Measured, Unavailable
from chronik_perf.model.target import Side


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time from one longer slice: `t_s` from the first send, and one list of the same length a name.

    `values` names carry their unit (`rss_bytes`, `tasks_alive`, `loop_lag_ms`, `accepted_msgs_per_s`). A value
    that could not be read at one moment is None. `load_s` is when the load ended; runs of earlier versions lack it.
    """

    side: Side
    workload: str
    t_s: tuple[float, ...]
    values: dict[str, tuple[float | None, ...]]
    unavailable: dict[str, str] = field(default_factory=dict)
    load_s: float | None = None

    def under_load(self) -> Series:
        """Leave out the samples after the load, whose rates fall to 0 whatever the broker is.

        The last sample of all is taken when the load is over. Where nobody noted when that was, it alone is left out.
        """
        end = self.load_s if self.load_s is not None else max(self.t_s[:-1], default=0.0)
        kept = [at for at, t in enumerate(self.t_s) if t <= end]
        return replace(
            self,
            t_s=tuple(self.t_s[at] for at in kept),
            values={name: tuple(column[at] for at in kept) for name, column in self.values.items()},
        )


ProfileKind: TypeAlias = Literal["cpu", "wall"]


WaitKind: TypeAlias = Literal[
    "runs", "event loop idle", "sync", "lock or queue", "sleep", "file or socket", "elsewhere"
]
RUNS: WaitKind = "runs"
"""Not a wait: on the CPU, or waiting for no more than a core."""


@dataclass(frozen=True, slots=True)
class Waits:
    """In what the threads of one process were, by "thread;kind" (a WaitKind), over so many looks at all of them.

    `window_s` is the wall time over which the looks were taken, `stored` the messages that the log gained in it.
    """

    looks: int
    seen: dict[str, int]
    window_s: float
    stored: int


_NOT_LOOKED_AT = Unavailable("where its threads waited was not looked at")


@dataclass(frozen=True, slots=True)
class Profile:
    """Folded stacks of one broker process under one workload.

    `stacks` maps "thread;outer;inner" to sample counts, as flame graph tools fold them. `window_s` is the wall
    time sampled, `cpu_s` the process's CPU seconds (scheduler's clock) over the same window, `stored` the
    messages the log gained in it: CPU µs per 1,000 stored messages of a frame is
    (its samples / all samples) * cpu_s * 1e9 / stored for a CPU profile. `start` numbers the fresh start it is of,
    from 0 on. `profiler` is what took it, with its version; empty in documents from before it was kept. A wall profile
    has `waits`, from a window of their own in which no profiler disturbs.
    """

    side: Side
    workload: str
    kind: ProfileKind
    rate_hz: int
    samples: int
    window_s: float
    cpu_s: Measured
    stored: int
    stacks: dict[str, int]
    start: int = 0
    profiler: str = ""
    waits: Waits | Unavailable = _NOT_LOOKED_AT


def summed(profiles: Sequence[Profile]) -> Profile:
    """Add up one side's profiles of several starts. Raises ValueError where there is none."""
    if not profiles:
        raise ValueError("no profile has no sum")
    stacks: Counter[str] = Counter()
    cpu_s: Measured = 0.0
    for one in profiles:
        stacks.update(one.stacks)
        if not isinstance(cpu_s, Unavailable):
            cpu_s = one.cpu_s if isinstance(one.cpu_s, Unavailable) else cpu_s + one.cpu_s
    return replace(
        profiles[0],
        samples=sum(p.samples for p in profiles),
        window_s=sum(p.window_s for p in profiles),
        cpu_s=cpu_s,
        stored=sum(p.stored for p in profiles),
        stacks=dict(stacks),
    )


@dataclass(frozen=True, slots=True)
class MissingProfile:
    """A profile that could not be taken, and why."""

    side: Side
    workload: str
    kind: ProfileKind
    reason: str


@dataclass(frozen=True, slots=True)
class Lacking:
    """Evidence of one sort that could not be gathered, or with "more" what ended all of it early, in a sentence."""

    sort: Literal["profiles", "series", "more"]
    said: str
