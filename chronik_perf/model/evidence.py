"""What explains a verdict and never makes one: time series and profiles, from slices of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from chronik_perf.model.measured import Measured
from chronik_perf.model.target import Side


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time from one longer slice: `t_s` from the first send, and one list of the same length a name.

    `values` names carry their unit (`rss_bytes`, `tasks_alive`, `loop_lag_ms`, `accepted_msgs_per_s`). A value
    that could not be read at one moment is None.
    """

    side: Side
    workload: str
    t_s: tuple[float, ...]
    values: dict[str, tuple[float | None, ...]]
    unavailable: dict[str, str] = field(default_factory=dict)


ProfileKind: TypeAlias = Literal["cpu", "wall"]


@dataclass(frozen=True, slots=True)
class Profile:
    """Folded stacks of one broker process under one workload.

    `stacks` maps "thread;outer;inner" to sample counts, as flame graph tools fold them. `window_s` is the wall
    time sampled, `cpu_s` the process's CPU seconds (scheduler's clock) over the same window, `stored` the
    messages the log gained in it: CPU µs per 1,000 stored messages of a frame is
    (its samples / all samples) * cpu_s * 1e9 / stored for a CPU profile.
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


@dataclass(frozen=True, slots=True)
class MissingProfile:
    """A profile that could not be taken, and why."""

    side: Side
    workload: str
    kind: ProfileKind
    reason: str
