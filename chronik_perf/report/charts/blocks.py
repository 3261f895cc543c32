"""Both sides of one metric, block by block."""

from __future__ import annotations

import math

from chronik_perf.model import SIDES, Comparison, MetricVerdict, known, metric
from chronik_perf.report.charts.figure import AXIS, BLOCK_AXIS, Figure, from_zero
from chronik_perf.report.charts.vega import SIDE_COLOUR, SIDE_SHAPE, Spec, draw
from chronik_perf.stats import words


def per_block(comparison: Comparison, row: MetricVerdict) -> Figure:
    """Draw both sides of one metric in every block; a discarded block is hollow."""
    declared = metric(row.metric)
    counted = {index for index, _, _ in row.per_block}
    points, pairs = [], []
    for index, base, candidate in _pairs(comparison, row):
        kept = index in counted
        for side, value in zip(SIDES, (base, candidate), strict=True):
            said = f"block {index}, {side}: {words.quantity(value, declared.unit)}"
            points.append(
                {
                    "block": index,
                    "value": value,
                    "side": side,
                    "kept": kept,
                    "said": said if kept else f"{said}, discarded",
                }
            )
        if kept:
            pairs.append({"block": index, "low": min(base, candidate), "high": max(base, candidate)})
    title = f"{words.capital(declared.title)}, block by block"
    if not points:
        return Figure(title, None, missing=row.why or "No block has this value on both sides.")
    y = {"type": "quantitative", "axis": AXIS, "scale": from_zero(float(str(p["value"])) for p in points)}
    x = {"field": "block", "type": "ordinal", "axis": BLOCK_AXIS}
    spec: Spec = {
        "width": 290,
        "height": 120,
        "layer": [
            {
                "data": {"values": pairs},
                "mark": {"type": "rule", "stroke": "var(--line-strong)", "strokeWidth": 1.5},
                "encoding": {"x": x, "y": {"field": "low", **y}, "y2": {"field": "high"}},
            },
            *(
                {
                    "data": {"values": [p for p in points if p["kept"] is kept]},
                    "mark": {"type": "point", "filled": kept, "size": 52, "opacity": 1.0},
                    "encoding": {
                        "x": x,
                        "y": {"field": "value", **y},
                        "color": SIDE_COLOUR,
                        "shape": SIDE_SHAPE,
                        "description": {"field": "said"},
                    },
                }
                for kept in (True, False)
                if any(p["kept"] is kept for p in points)
            ),
        ],
    }
    return Figure(title, draw(spec, f"{title}: points of base and candidate for each block"), declared.unit)


def _pairs(comparison: Comparison, row: MetricVerdict) -> list[tuple[int, float, float]]:
    """Give the pairs that were judged, and those of discarded blocks as far as they are known."""
    found = list(row.per_block)
    judged = {index for index, _, _ in found}
    take = metric(row.metric).take
    for block in comparison.blocks:
        if block.discarded is not None and block.index not in judged:
            base, candidate = (
                known(take(block.base, row.workload)),
                known(take(block.candidate, row.workload)),
            )
            if base is not None and candidate is not None:
                found.append((block.index, base, candidate))
    return sorted(p for p in found if math.isfinite(p[1]) and math.isfinite(p[2]))
