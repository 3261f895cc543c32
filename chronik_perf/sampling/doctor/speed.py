"""How evenly a core runs: a fixed loop repeated, what the hypervisor took away, and the frequency's governor."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path

import numpy as np

from chronik_perf.model import Measured
from chronik_perf.sampling.doctor.check import Advice, Check, Gain, unavailable
from chronik_perf.sampling.machine import busy_processes

_LOOPS = 12_000
# A loop of about a millisecond that takes a tenth longer than the quickest tenth had less of its core, or a slower one.
_SLOW = 1.10
_OFTEN = 0.05
_STEAL = 0.005


def core_speed(core: int | None, seconds: float) -> Check:
    """Repeat the same short loop on a core: the slow share says how often something else slows the core.

    What the hypervisor counts as stolen does not say it: a neighbour on the same physical core steals no time.
    """
    times_ms = _loops(core, seconds)
    usual = float(np.percentile(times_ms, 10))
    slow = float(np.mean(times_ms > _SLOW * usual))
    spread = float(np.percentile(times_ms, 95)) / usual - 1
    measured: dict[str, Measured] = {
        "slow_share": slow,
        "loop_p10_ms": usual,
        "p95_over_p10": spread,
        "loops": float(times_ms.size),
    }
    said = (
        f"{slow:.1%} of {times_ms.size} equal loops took over {_SLOW - 1:.0%} longer than usual, "
        f"the slowest twentieth {spread:.0%} and more"
    )
    if slow <= _OFTEN:
        return Check("core speed", "ok", said, measured)
    advice = Advice(
        f"take a machine or a core without neighbours: {slow:.0%} of the time the core runs slower than it can",
        Gain.MUCH_NOISE,
    )
    return Check("core speed", "warning", f"{said}: a neighbour or a changing clock", measured, (advice,))


def steal(before: list[int] | None, after: list[int] | None) -> Check:
    """Say which share of time the hypervisor gave to others between two readings of `cpu_ticks`."""
    if before is None or after is None or len(before) < 8 or len(after) < 8:
        return unavailable("steal", "/proc/stat does not tell what the hypervisor took away", "steal_share")
    spent = [b - a for a, b in zip(before[:8], after[:8], strict=True)]
    if sum(spent) <= 0:
        return unavailable("steal", "the kernel counted no time between two readings", "steal_share")
    share = spent[7] / sum(spent)
    said = f"the hypervisor gave {share:.2%} of the time to others"
    if share <= _STEAL:
        return Check("steal", "ok", said, {"steal_share": share})
    advice = Advice("take a machine with cores of its own (dedicated, not burstable)", Gain.MUCH_NOISE)
    return Check("steal", "warning", said, {"steal_share": share}, (advice,))


def cpu_ticks() -> list[int] | None:
    """Give the machine's CPU times in ticks (user, nice, system, idle, iowait, irq, softirq, steal, ...)."""
    try:
        return [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    except (OSError, ValueError):
        return None


def frequency(core: int | None) -> Check:
    """Look at the governor of a core's frequency."""
    folder = Path(f"/sys/devices/system/cpu/cpu{core or 0}/cpufreq")
    try:
        governor = (folder / "scaling_governor").read_text().strip()
    except OSError:
        return unavailable(
            "frequency",
            "this machine does not show a frequency governor, as is usual in a virtual machine; "
            "the core-speed loop is the only witness of a changing clock",
        )
    if governor == "performance":
        return Check("frequency", "ok", "the governor is performance")
    advice = Advice(
        f"set the governor to performance (now {governor}): cpupower frequency-set -g performance",
        Gain.SOME_NOISE,
    )
    return Check("frequency", "warning", f"the governor is {governor}, so the clock varies", {}, (advice,))


def others_busy(window_s: float) -> Check:
    """Look for programs that use over a fifth of a core now."""
    busy = busy_processes(window_s)
    if not busy:
        return Check("other programs", "ok", "no other program uses over a fifth of a core", {"busy": 0.0})
    advice = Advice(f"stop what else runs here: {', '.join(busy)}", Gain.MUCH_NOISE)
    return Check(
        "other programs", "warning", f"busy: {', '.join(busy)}", {"busy": float(len(busy))}, (advice,)
    )


def _loops(core: int | None, seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    times: list[float] = []

    def run() -> None:
        # Pins this thread alone.
        with contextlib.suppress(OSError, AttributeError):
            if core is not None:
                os.sched_setaffinity(0, {core})
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(times) < 20:
            begun = time.perf_counter_ns()
            value = 1
            for number in range(_LOOPS):
                value = (value * 31 + number) & 0xFFFFFFFF
            times.append((time.perf_counter_ns() - begun) / 1e6)

    thread = threading.Thread(target=run, name="core-speed")
    thread.start()
    thread.join()
    return np.asarray(times, dtype=np.float64)
