"""Which profilers work here, tried on processes of our own.

py-spy must attach to one under the parent that a broker has, for that is what ptrace's rules ask about.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from chronik_perf.sampling.doctor.check import Advice, Check, Gain
from chronik_perf.sampling.profilers.async_profiler import AsyncProfiler
from chronik_perf.sampling.profilers.linux_perf import LinuxPerf
from chronik_perf.sampling.profilers.pyspy import PySpy

SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
_WINDOW_S = 0.2


def profiler(pid: int) -> Check:
    """Attach py-spy to a running Python process for a moment and see whether it takes samples."""
    missing = PySpy().unavailable("wall")
    if missing is not None:
        advice = Advice("install py-spy, so that a verdict has profiles", Gain.EXPLANATIONS)
        return Check("profiler", "unavailable", missing, {}, (advice,))
    try:
        scope = f"Yama's ptrace scope is {SCOPE.read_text().strip()}"
    except OSError:
        scope = "there is no Yama"
    with PySpy().record(pid, "wall") as recording:
        time.sleep(_WINDOW_S)
    if recording.missing is None:
        said = f"py-spy attaches and took {recording.samples} samples ({scope})"
        return Check("profiler", "ok", said, {"samples": float(recording.samples)})
    advice = Advice(
        "allow ptrace (kernel.yama.ptrace_scope at most 1; in a container --cap-add SYS_PTRACE)",
        Gain.EXPLANATIONS,
    )
    said = f"no profiles here: {recording.missing} ({scope})"
    return Check("profiler", "warning", said, {}, (advice,))


def linux_perf() -> Check:
    """Let Linux perf sample this process at work for a moment; without it brokers in native code have no profiles."""
    missing = LinuxPerf().unavailable("cpu")
    if missing is not None:
        return Check("Linux perf", "unavailable", missing)
    with LinuxPerf().record(os.getpid(), "cpu") as recording:
        end = time.thread_time() + _WINDOW_S
        while time.thread_time() < end:
            pass
    if recording.missing is None:
        said = f"it profiles native code and took {recording.samples} samples"
        return Check("Linux perf", "ok", said, {"samples": float(recording.samples)})
    return Check("Linux perf", "unavailable", f"no profiles of native code here: {recording.missing}")


def async_profiler() -> Check:
    """Say whether async-profiler was found; there is no JVM here to try it on."""
    missing = AsyncProfiler().unavailable("cpu")
    if missing is not None:
        return Check("async-profiler", "unavailable", missing)
    return Check("async-profiler", "ok", "it was found; whether a JVM loads it, only one that runs can tell")
