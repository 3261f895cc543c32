"""The clock and the timer: what time stamps cost, and how late a sleeping thread wakes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from chronik_perf.sampling.doctor.check import Advice, Check, Gain, unavailable

_SOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
# These are read without entering the kernel; all others cost a system call a time stamp or worse.
_FAST = frozenset(
    {"tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page", "riscv_clocksource"}
)
_ASKED_S = 0.001
_LATE_US = 1_000.0


def clock_source() -> Check:
    """Look at the kernel's clock source and at what one time stamp costs."""
    stamps = [time.perf_counter_ns() for _ in range(20_001)]
    cost_ns = float(np.median(np.diff(stamps)))
    resolution_ns = time.get_clock_info("monotonic").resolution * 1e9
    measured: dict[str, float] = {"stamp_ns": cost_ns, "resolution_ns": resolution_ns}
    try:
        source = _SOURCE.read_text().strip()
    except OSError as error:
        return unavailable("clock source", f"this system does not tell its clock source: {error.strerror}")
    said = f"{source}, {cost_ns:.0f} ns a time stamp"
    if source in _FAST:
        return Check("clock source", "ok", said, {**measured})
    advice = Advice(
        f"boot with the tsc clock source where the machine allows it (now {source})", Gain.SOME_NOISE
    )
    return Check("clock source", "warning", f"{said}: a slow clock costs both sides", {**measured}, (advice,))


def wake_up(seconds: float) -> Check:
    """Sleep for 1 ms again and again, and see how much later than asked the thread wakes."""
    late_us: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter_ns()
        time.sleep(_ASKED_S)
        late_us.append((time.perf_counter_ns() - begun) / 1e3 - _ASKED_S * 1e6)
    p50, p99, worst = (float(v) for v in np.percentile(late_us, [50, 99, 100]))
    measured = {"late_p50_us": p50, "late_p99_us": p99, "late_max_us": worst, "wake_ups": float(len(late_us))}
    said = (
        f"a sleep of 1 ms ends {p50:.0f} µs late in the median, {p99:.0f} µs at p99, {worst:.0f} µs at worst"
    )
    if p99 <= _LATE_US:
        return Check("timer", "ok", said, {**measured})
    advice = Advice("stop what else runs here: threads wake over a millisecond late", Gain.MUCH_NOISE)
    return Check("timer", "warning", f"{said}; tails of latency have that in them", {**measured}, (advice,))
