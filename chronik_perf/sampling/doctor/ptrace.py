"""Whether a profiler may attach: tried on a process of our own, under the parent that a broker has."""

from __future__ import annotations

import time
from pathlib import Path

from chronik_perf.sampling.doctor.check import Advice, Check, Gain
from chronik_perf.sampling.pyspy import record, unavailable_reason

SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
_WINDOW_S = 0.2


def profiler(pid: int) -> Check:
    """Attach py-spy to a running Python process for a moment and see whether it takes samples."""
    missing = unavailable_reason()
    if missing is not None:
        advice = Advice("install py-spy, so that a verdict has profiles", Gain.EXPLANATIONS)
        return Check("profiler", "unavailable", missing, {}, (advice,))
    try:
        scope = f"Yama's ptrace scope is {SCOPE.read_text().strip()}"
    except OSError:
        scope = "there is no Yama"
    with record(pid, "wall") as recording:
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
