"""What the load itself says: a generator at its limit, and a closed loop whose latency is the throughput."""

from __future__ import annotations

from chronik_perf.model import SIDES, Comparison, Effect, Side, Workload, known
from chronik_perf.stats import words
from chronik_perf.stats.gather import name_of, share_of_time

SATURATED = 0.9
# What may be the generator's where it was busier than that, and is then never called unchanged.
SATURABLE = frozenset({"throughput", "p99"})
LITTLE_TOLERANCE = 0.10
# A broker that leaves half of its core idle is not at its capacity.
WAITING_SHARE = 0.5


def generator_busy(comparison: Comparison, side: Side, workload: str) -> float | None:
    """Give the share of a core that the load used over a side's gate slices, weighted by their time."""
    return share_of_time(comparison, side, workload, lambda s: s.load.generator_cpu_s)


def broker_busy(comparison: Comparison, side: Side, workload: str) -> float | None:
    """Give the share of a core that the broker used over a side's gate slices; None where it is not known."""
    return share_of_time(comparison, side, workload, lambda s: known(s.broker_cpu_s))


def saturated(comparison: Comparison, workload: str) -> tuple[Side, ...]:
    """Name the sides on which the generator was busier than 90 % of its core."""
    return tuple(s for s in SIDES if (generator_busy(comparison, s, workload) or 0.0) > SATURATED)


def saturation_words(comparison: Comparison, workload: Workload, sides: tuple[Side, ...]) -> str:
    """Say that throughput is the generator's, and what to do."""
    busy = " and ".join(
        f"{words.percent(generator_busy(comparison, s, workload.name) or 0.0, 0)} of its core with "
        f"{name_of(comparison, s)}"
        for s in sides
    )
    advice = "larger messages" if workload.driver == "wire" else "fewer in flight, larger messages"
    return (
        f"With {workload.title} the load generator used {busy}: above {words.percent(SATURATED, 0)} its "
        "limit may be what was measured, so sameness cannot be shown. "
        f"Ask less of it ({advice}) or give it a faster core"
    )


def little(comparison: Comparison, workload: Workload, throughput: Effect, p50: Effect) -> str:
    """Say where in_flight / p50 is the throughput (Little's law, Operations Research 9, 1961), "" where not.

    In a closed loop messages in flight are throughput times mean response time, always; where the median
    stands for the mean within 10 %, p50 and throughput are one fact. Whether the broker waits or is at its
    capacity shows in its CPU.
    """
    if workload.arrival != "closed":
        return ""
    p50_ms = {"base": p50.base, "candidate": p50.candidate}
    rate = {"base": throughput.base, "candidate": throughput.candidate}
    restated = [
        s for s in SIDES if abs(workload.in_flight / p50_ms[s] * 1e3 / rate[s] - 1) <= LITTLE_TOLERANCE
    ]
    if not restated:
        return ""
    side = restated[-1]
    text = (
        f"It restates throughput: {workload.in_flight:,} in flight / {words.number(p50_ms[side])} ms = "
        f"{words.number(workload.in_flight / p50_ms[side] * 1e3)} msg/s with {name_of(comparison, side)}"
    )
    busy = broker_busy(comparison, side, workload.name)
    if busy is not None and busy < WAITING_SHARE:
        core = words.percent(busy, 0)
        return f"{text}; the broker used {core} of a core, so the limit is latency, not capacity."
    return f"{text}."
