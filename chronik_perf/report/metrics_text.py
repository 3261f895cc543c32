"""GitLab's metrics report, in OpenMetrics' text: both sides of every metric that has a value."""

from __future__ import annotations

import math

from chronik_perf.model import Comparison, Verdict


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give a line for each side of each gate and watch, in the metric's unit; what has no value has no line."""
    lines = []
    for row in verdict.rows:
        if row.effect is None or row.role == "evidence":
            continue
        for side, value in (("base", row.effect.base), ("candidate", row.effect.candidate)):
            if math.isfinite(value):
                labels = f'workload="{row.workload}",side="{side}"'
                lines.append(f"chronik_perf_{row.metric}{{{labels}}} {value:.6g}\n")
    return "".join(lines) + "# EOF\n"
