"""The report for people: one self-contained HTML file that asks for nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace

from markupsafe import Markup

from chronik_perf.model import (
    SIDES,
    Cause,
    Comparison,
    MetricVerdict,
    ProfileKind,
    Side,
    Unavailable,
    Verdict,
    Workload,
)
from chronik_perf.report import charts, circumstances, pages
from chronik_perf.report.charts import Figure
from chronik_perf.report.circumstances import Counted
from chronik_perf.report.flame import Flame, flame
from chronik_perf.report.intervals import Axis
from chronik_perf.report.telling import Told, figures, tell
from chronik_perf.stats import StageAccount, loss_account, stage_account
from chronik_perf.stats.load import generator_busy
from chronik_perf.stats.planning.family import EXACT
from chronik_perf.stats.probes.rows import probe_rows

# One script for the browser, in the order in which its parts need each other.
_SCRIPTS = (
    *("frames.js", "words.js", "turn.js", "fold.js", "graph.js"),
    *("link.js", "steer.js", "start.js", "unfold.js"),
)
_OUTCOMES = {"regression": "Regression", "none": "No regression", "inconclusive": "Inconclusive"}


@dataclass(frozen=True, slots=True)
class Section:
    """All that is shown of one workload."""

    workload: Workload
    rows: tuple[MetricVerdict, ...]
    evidence: tuple[MetricVerdict, ...]
    counted: tuple[Counted, ...]
    busy: dict[Side, float | None]
    stages: StageAccount | Unavailable
    causes: tuple[Cause, ...]
    per_block: tuple[Figure, ...]
    latency: Figure
    over_time: tuple[Figure, ...]
    always_zero: tuple[str, ...]
    flames: tuple[Flame, ...]


def render(comparison: Comparison, verdict: Verdict) -> str:
    """Give the whole page."""
    script = "\n".join(pages.source(f"script/{name}") for name in _SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    settings, which = circumstances.settings(comparison)
    told = tell(comparison, verdict)
    decided = [r for r in verdict.rows if r.role != "evidence"]
    return pages.fill(
        "report.html.j2",
        c=comparison,
        v=verdict,
        outcome=_OUTCOMES[verdict.outcome],
        told=told,
        decided=decided,
        gates=[r for r in verdict.rows if r.role == "gate"],
        sections=[_section(comparison, verdict, w, told) for w in comparison.workloads],
        settings=settings,
        of_starts=circumstances.of_starts(comparison),
        settings_are=which,
        profilers=circumstances.profilers(comparison),
        probes=probe_rows(comparison),
        blocks=circumstances.canary_rows(comparison),
        canaries=circumstances.CANARIES,
        axis=Axis.of(decided),
        # Its digest is the only script that may run.
        script=Markup(script),
        script_digest=digest,
    )


def _section(comparison: Comparison, verdict: Verdict, workload: Workload, told: Told) -> Section:
    rows = [r for r in verdict.rows if r.workload == workload.name]
    decided = tuple(r for r in rows if r.role != "evidence")
    over_time, always_zero = charts.over_time(comparison, workload.name)
    return Section(
        workload=workload,
        rows=decided,
        evidence=tuple(r for r in rows if r.role == "evidence"),
        counted=circumstances.counted(comparison, workload.name),
        busy={side: generator_busy(comparison, side, workload.name) for side in SIDES},
        stages=stage_account(comparison, verdict, workload.name),
        causes=tuple(c for c in comparison.causes if c.workload == workload.name),
        per_block=(
            *(_per_block(comparison, r) for r in rows if _is_drawn(r, told)),
            *charts.slice_modes(comparison, workload),
        ),
        latency=charts.latency(comparison, workload.name),
        over_time=over_time,
        always_zero=always_zero,
        flames=tuple(flame(comparison, workload.name, kind) for kind in _telling_first(verdict, workload)),
    )


def _is_drawn(row: MetricVerdict, told: Told) -> bool:
    """Draw what was decided, and evidence that the first paragraph rests on; what is counted has no picture."""
    if row.role != "evidence":
        return row.metric not in EXACT
    return figures.per_block(row.metric, row.workload) in told.figures


def _per_block(comparison: Comparison, row: MetricVerdict) -> Figure:
    return replace(charts.per_block(comparison, row), key=figures.per_block(row.metric, row.workload))


def _telling_first(verdict: Verdict, workload: Workload) -> tuple[ProfileKind, ProfileKind]:
    """Show waits first where waiting is where the time of a loss has gone."""
    account = loss_account(verdict, workload.name)
    waits = not isinstance(account, Unavailable) and account.waits
    return ("wall", "cpu") if waits else ("cpu", "wall")
