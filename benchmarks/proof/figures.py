"""Draws the two figures of the page as SVG, on white so that they can be read in either theme."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import vl_convert

from benchmarks.proof.power import Curve
from benchmarks.proof.rivals import Replay
from chronik_perf.files import write_whole

POWER, RULES = "proof-power.svg", "proof-rules.svg"

_OURS, _THEIRS = "#0b6e4f", "#b23a48"
_CONFIG = {
    "background": "#ffffff",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {"titleFontWeight": "normal", "domain": False, "ticks": False, "gridColor": "#e3e3e3"},
    "padding": 12,
}


def write(folder: Path, curves: Sequence[Curve], replays: Sequence[Sequence[Replay]]) -> list[str]:
    """Write the figures that there are numbers for; give their names. A figure without numbers is taken away."""
    drawn: list[str] = []
    for name, spec in ((POWER, _power(curves)), (RULES, _rules(replays))):
        path = folder / name
        if spec is None:
            path.unlink(missing_ok=True)
            continue
        svg = vl_convert.vegalite_to_svg(spec, vl_version="6.4", config=_CONFIG, allowed_base_urls=[])
        write_whole(path, svg)
        drawn.append(name)
    return drawn


def _power(curves: Sequence[Curve]) -> dict[str, Any] | None:
    values = [
        {
            "loss": 100 * loss,
            "share": 100 * found,
            "which": f"{c.test}, X = {c.threshold * 100:g} %",
            "group": c.group,
        }
        for c in curves
        for loss, found, _ in c.points
    ]
    if not values:
        return None
    return {
        "data": {"values": values},
        "facet": {"field": "group", "type": "nominal", "title": None, "columns": 2},
        "columns": 2,
        "spec": {
            "width": 300,
            "height": 200,
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "loss", "type": "quantitative", "title": "injected loss, %"},
                "y": {"field": "share", "type": "quantitative", "title": "called regressed, %"},
                "color": {"field": "which", "type": "nominal", "title": None},
            },
        },
    }


def _rules(replays: Sequence[Sequence[Replay]]) -> dict[str, Any] | None:
    values = [
        {
            "rule": r.rule,
            "false": 100 * r.rate,
            "values": f"{r.values} values a side",
            "ours": r.source == "this toolkit",
        }
        for rows in replays[:1]
        for r in rows
        if r.layout == "one after the other" or r.source == "this toolkit"
    ]
    if not values:
        return None
    return {
        "data": {"values": values},
        "facet": {"field": "values", "type": "nominal", "title": None},
        "spec": {
            "width": 260,
            "mark": {"type": "bar"},
            "encoding": {
                "y": {
                    "field": "rule",
                    "type": "nominal",
                    "title": None,
                    "sort": "-x",
                    "axis": {"labelLimit": 320},
                },
                "x": {"field": "false", "type": "quantitative", "title": "false alarms on identical code, %"},
                "color": {
                    "field": "ours",
                    "type": "nominal",
                    "legend": None,
                    "scale": {"domain": [True, False], "range": [_OURS, _THEIRS]},
                },
            },
        },
    }
