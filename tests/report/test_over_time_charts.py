"""Values over time: the pictures of a workload have one span of time, and what was always 0 is one line."""

from __future__ import annotations

import re
from dataclasses import replace

from chronik_perf.model import Comparison
from chronik_perf.report import charts, html
from chronik_perf.stats import judge


def test_pictures_of_a_workload_have_one_span_of_time(small: Comparison) -> None:
    """One value that could be read for two seconds only is drawn over the whole load, as the others are."""
    short = tuple(
        replace(s, values={**s.values, "tasks_alive": (*s.values["tasks_alive"][:20], *[None] * 20)})
        for s in small.series
    )
    drawn, _ = charts.over_time(replace(small, series=short), "acks1")
    ticks = [
        re.findall(r">([\d.]+)</text>", str(f.svg).split("seconds of load")[0])[:4] for f in drawn if f.svg
    ]
    assert len(ticks) == 4 and all(some == ticks[0] for some in ticks)


def test_what_was_always_0_is_said_in_one_line(small: Comparison) -> None:
    """A value that was 0 on both sides has no picture; where one side is not known, it keeps its own."""
    nothing = tuple(replace(s, values={**s.values, "bytes_queued": (0.0,) * 40}) for s in small.series)
    page = html.render(replace(small, series=nothing), judge(small))
    assert "Always 0 on both sides: Waiting in the commit queue." in page
    assert "over-time-bytes_queued-acks1" not in page
    drawn, zero = charts.over_time(replace(small, series=nothing[:1]), "acks1")
    assert zero == () and len(drawn) == 6
