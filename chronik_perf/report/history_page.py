"""The history as one self-contained HTML file, in the look of the report: findings, then a chart for each series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from chronik_perf.report import charts, pages
from chronik_perf.stats.history.over_time import Finding
from chronik_perf.stats.history.past import Past


@dataclass(frozen=True, slots=True)
class Shown:
    """One series with its chart."""

    past: Past
    chart: Markup
    findings: tuple[int, ...]  # positions on the page's list, from 1


def render(pasts: Sequence[Past], found: Sequence[Finding]) -> str:
    """Give the whole page; findings newest first."""
    newest_first = tuple(reversed(found))
    shown = [
        Shown(
            past,
            charts.levels(past),
            tuple(n for n, f in enumerate(newest_first, 1) if any(p.past is past for p in f.parts)),
        )
        for past in pasts
    ]
    times = [r.occasion.time for past in pasts for r in past.track.readings]
    return pages.fill(
        "history.html.j2",
        findings=newest_first,
        shown=shown,
        worse=any(f.worse for f in found),
        enough=any(past.enough for past in pasts),
        first=min(times),
        last=max(times),
        machines=sorted({past.track.machine_name for past in pasts}),
    )
