"""Response time by percentile, both axes logarithmic, as HdrHistogram plots are."""

from __future__ import annotations

import math

from chronik_perf.model import SIDES, Comparison
from chronik_perf.report.charts.figure import AXIS, BROAD, NARROW, Figure
from chronik_perf.report.charts.percentiles import curves, place
from chronik_perf.report.charts.vega import SIDE_COLOUR, SIDE_DASH, Spec, draw
from chronik_perf.stats import words

_PERCENTILE_TICKS = {
    0.0: "0",
    50.0: "50",
    90.0: "90",
    99.0: "99",
    99.9: "99.9",
    99.99: "99.99",
    99.999: "99.999",
}


def latency(comparison: Comparison, workload: str) -> Figure:
    """Draw response time by percentile: thin for each block, strong for all merged."""
    title = "Response time by percentile"
    if comparison.workload(workload).acks == 0:
        return Figure(title, None, missing="With acks=0 there is no acknowledgement to time.", wide=True)
    found = curves(comparison, workload)
    data = [
        {
            "x": place(p),
            "ms": ms,
            "side": c.side,
            "line": f"{c.side} {c.block}",
            "merged": c.block is None,
            "said": f"{c.side}: p{p:.4g} is {words.number(ms)} ms",
        }
        for c in found
        for p, ms in c.points
        if ms > 0
    ]
    if not data:
        return Figure(title, None, missing="No block recorded a response time.", wide=True)
    merged = [d for d in data if d["merged"]]
    furthest = max(float(str(d["x"])) for d in data)
    ticks = [p for p in _PERCENTILE_TICKS if place(p) <= furthest + 0.05]
    labels = " : ".join(f"abs(datum.value - {place(p):.4f}) < 0.01 ? '{_PERCENTILE_TICKS[p]}'" for p in ticks)
    x = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": [0, round(furthest + 0.05, 2)], "nice": False},
        "axis": {
            "title": "percentile of messages",
            "values": [place(p) for p in ticks],
            "labelExpr": f"{labels} : ''",
            "grid": True,
        },
    }
    y = _log_axis([float(str(d["ms"])) for d in data])
    lines = {"x": x, "y": y, "color": SIDE_COLOUR, "detail": {"field": "line"}}
    layers: list[Spec] = [
        {
            "data": {"values": [d for d in data if not d["merged"]]},
            "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.28},
            "encoding": lines,
        }
    ]
    if merged:
        layers += [
            {
                "data": {"values": merged},
                "mark": {"type": "line", "strokeWidth": 2.4},
                "encoding": {**lines, "strokeDash": SIDE_DASH},
            },
            {
                "data": {"values": merged},
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 0.0},
                "encoding": {"x": x, "y": y, "description": {"field": "said"}},
            },
        ]
    recorded = {s: sum(c.recorded for c in found if c.side == s and c.block is not None) for s in SIDES}
    note = (
        f"Strong: all blocks merged ({recorded['base']:,} and {recorded['candidate']:,} messages); thin: single "
        "blocks. Both axes are logarithmic; a line ends where fewer than ten messages lie beyond it."
    )
    spec: Spec = {"width": BROAD, "height": 240, "layer": layers}
    broad, narrow = (draw({**spec, "width": w}, f"{title}, base and candidate") for w in (BROAD, NARROW))
    return Figure(title, broad, "ms", note, wide=True, narrow=narrow)


def _log_axis(values: list[float]) -> Spec:
    """Give a logarithmic axis that names each decade, and 2 and 5 between where there are few."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    steps = (1, 2, 5) if high - low <= 3 else (1,)
    ticks = [s * 10.0**d for d in range(low, high + 1) for s in steps if s * 10.0**d <= 10.0**high]
    lowest = max(t for t in ticks if t <= min(values))
    highest = min((t for t in ticks if t >= max(values)), default=10.0**high)
    shown = [t for t in ticks if lowest <= t <= highest]
    return {
        "field": "ms",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [lowest, highest], "nice": False},
        "axis": {**AXIS, "tickCount": len(shown), "labelOverlap": False, "values": shown},
    }
