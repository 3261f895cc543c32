"""The default workloads and designs: the incident's loads, and how much of each a budget buys."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from chronik_perf.model import Design, ProfileKind, Workload

ACKS1 = Workload(
    name="acks1",
    title="acks=1, 128 in flight (librdkafka)",
    driver="librdkafka",
    acks=1,
    message_size_bytes=256,
    in_flight=128,
    linger_ms=0.0,
    partitions=1,
    slice_s=0.06,
    slice_bytes=64 << 20,
)
RAW = Workload(
    name="raw",
    title="acks=1, 128 raw connections",
    driver="wire",
    acks=1,
    message_size_bytes=256,
    in_flight=128,
    linger_ms=0.0,
    partitions=1,
    slice_s=0.06,
    slice_bytes=64 << 20,
)
ACKS0 = Workload(
    name="acks0",
    title="acks=0, full batches (librdkafka)",
    driver="librdkafka",
    acks=0,
    message_size_bytes=256,
    in_flight=100_000,
    linger_ms=5.0,
    partitions=1,
    slice_s=0.1,
    slice_bytes=32 << 20,  # acks=0 writes hundreds of MB a second; time alone would not bound the disk
)

# acks=0 comes last in a block, because it dirties most pages.
DEFAULT: tuple[Workload, ...] = (ACKS1, RAW, ACKS0)
QUICK: tuple[Workload, ...] = (ACKS1, RAW)


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds of the whole run, seconds of load that one side gets by purpose, and how many blocks at most."""

    seconds: float
    blocks: int
    gate_s: float  # per workload, side and block, in the first blocks
    least_pairs: int  # of slices, per workload and block
    series_s: float  # per workload and side
    profile_s: float  # of CPU, per workload and side, all starts together
    profile_starts: int  # fresh starts of a side that are profiled
    wall_s: float  # the same with waiting, on the first starts
    probed_starts: int  # the first of them, with time series, waits and what is asked

    def start_s(self, kind: ProfileKind) -> float:
        """Give the seconds that a profile of this kind has on each of its starts, per workload and side."""
        return self.profile_s / self.profile_starts if kind == "cpu" else self.wall_s / self.probed_starts


# The first blocks are short, since a large effect needs many blocks and not long ones; the plan of the others follows
# from what those showed. The number of blocks is a bound that the time rarely lets a run reach.
# Where a slice must be long, a quick run has one of each side in a block: its word takes blocks.
QUICK_BUDGET = Budget(
    seconds=60.0,
    blocks=40,
    gate_s=0.25,
    least_pairs=1,
    series_s=0.5,
    profile_s=0.3,
    profile_starts=1,
    wall_s=0.3,
    probed_starts=1,
)
DEFAULT_BUDGET = Budget(
    seconds=300.0,
    blocks=80,
    gate_s=0.3,
    least_pairs=2,
    series_s=3.0,
    profile_s=3.0,
    profile_starts=4,
    wall_s=3.0,
    probed_starts=4,
)
# A search has one workload, and as much load a block as two starts are worth.
BISECT_BUDGET = Budget(
    seconds=1800.0,
    blocks=1000,
    gate_s=0.72,
    least_pairs=2,
    series_s=0.0,
    profile_s=0.0,
    profile_starts=1,
    wall_s=0.0,
    probed_starts=1,
)
# A broker that is ready so soon can be started again on each start that is probed; a slower one is once.
SOON_S = 3.0
# To ask a broker something again under a profiler, which takes its time to begin and to end.
ASKED_AGAIN_S = 2.5
# The same, to have connections come and go.
CONNECTED_S = 1.5
KINDS: tuple[ProfileKind, ...] = ("cpu", "wall")
# What a start takes without profiles that include waiting, as a share of one that has them.
LEAN = 0.75
# Profiles of several starts would leave a shorter run too few blocks.
LEAST_FOR_STARTS_S = 90.0
# Of a long profile: what functions differ by from start to start is not told by more seconds of the same start.
START_PROFILE_S, MOST_PROFILE_STARTS = 22.0, 12


def default_workloads(quick: bool, names: tuple[str, ...] = ()) -> tuple[Workload, ...]:
    """Give the workloads of a run; `names` picks some of them and KeyError names one that is not known."""
    if not names:
        return QUICK if quick else DEFAULT
    known = {w.name: w for w in DEFAULT}
    return tuple(known[name] for name in names)


def budget(design: Design) -> Budget:
    """Give the seconds that a design spends: in a longer run profiles are longer, in a very short one on one start."""
    spend = QUICK_BUDGET if design.quick else DEFAULT_BUDGET
    if design.quick or design.budget_s is None:
        return spend
    if design.budget_s < LEAST_FOR_STARTS_S:
        return replace(spend, profile_starts=1, probed_starts=1)
    longer = max(1.0, design.budget_s / spend.seconds)
    spend = replace(spend, profile_s=spend.profile_s * longer, wall_s=spend.wall_s * longer)
    if design.cpu_profile_s is None:
        return spend
    starts = min(MOST_PROFILE_STARTS, math.ceil(design.cpu_profile_s / START_PROFILE_S))
    return replace(spend, profile_s=design.cpu_profile_s, profile_starts=max(spend.profile_starts, starts))


def default_design(
    quick: bool,
    seed: int,
    blocks: int | None = None,
    family_error: float = 0.01,
    thresholds: dict[str, float] | None = None,
    budget_s: float | None = None,
) -> Design:
    """Give the design of a run of the default or the quick length, or of a budget in seconds of one's own."""
    spend = QUICK_BUDGET if quick else DEFAULT_BUDGET
    return Design(
        blocks=blocks or spend.blocks,
        seed=seed,
        family_error=family_error,
        thresholds=thresholds or {},
        quick=quick,
        budget_s=budget_s or spend.seconds,
    )
