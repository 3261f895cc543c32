"""The modes of a workload's throughput: how it spreads, and where it has modes every slice in its block."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chronik_perf.model import SIDES, Comparison, Side, Workload
from chronik_perf.report.charts.figure import AXIS, BLOCK_AXIS, BROAD, NARROW, Figure, from_zero
from chronik_perf.report.charts.spread import spread
from chronik_perf.report.charts.vega import SIDE_COLOUR, SIDE_DASH, Spec, draw
from chronik_perf.stats import words
from chronik_perf.stats.modes.shares import SideModes, modes_of
from chronik_perf.stats.modes.slow_starts import SlowStarts, ratios_of, slow_starts


def slice_modes(comparison: Comparison, workload: Workload) -> tuple[Figure, ...]:
    """Draw how throughput spreads over the slices, and where there are modes, which of them each block's slices had."""
    sides = modes_of(comparison, workload)
    if any(s.modes for s in sides.values()):
        return spread(sides), _by_block(comparison, sides)
    beside = slow_starts(comparison, workload)
    if beside is None:
        return (spread(sides),)
    seen = spread(sides)
    note = f"{seen.note} Beside each other they have two speeds, which the next picture shows."
    return replace(seen, note=note), _beside(comparison, workload, beside)


def _beside(comparison: Comparison, workload: Workload, found: SlowStarts) -> Figure:
    """Draw what the candidate had of the base's throughput in each block, with lines at both speeds."""
    blocks, ratios = ratios_of(comparison, workload)
    points: list[dict[str, Any]] = [
        {
            "block": block.index,
            "value": math.exp(ratio),
            "said": f"block {block.index}: {math.exp(ratio):.0%}",
        }
        for block, ratio in zip(blocks, ratios, strict=True)
    ]
    levels: list[dict[str, Any]] = [
        {"level": ratio, "said": f"{words.percent(ratio, 0)} in {words.count(n, 'block')}"}
        for ratio, n in found.speeds
    ]
    y = {
        "type": "quantitative",
        "axis": {**AXIS, "labelExpr": "format(datum.value, '.0%')"},
        "scale": from_zero(p["value"] for p in points),
    }
    spec: Spec = {
        "width": BROAD,
        "height": 130,
        "layer": [
            {
                "data": {"values": levels},
                "mark": {"type": "rule", "stroke": "var(--line-strong)", "strokeWidth": 1.5},
                "encoding": {"y": {"field": "level", **y}, "description": {"field": "said"}},
            },
            {
                "data": {"values": points},
                "mark": {
                    "type": "point",
                    "filled": True,
                    "size": 52,
                    "opacity": 1.0,
                    "color": "var(--candidate)",
                },
                "encoding": {
                    "x": {
                        "field": "block",
                        "type": "ordinal",
                        "axis": BLOCK_AXIS,
                    },
                    "y": {"field": "value", **y},
                    "description": {"field": "said"},
                },
            },
        ],
    }
    title = "The candidate's throughput over the base's, block by block"
    label = f"{title}: {' and '.join(level['said'] for level in levels)}"
    narrow = draw({**spec, "width": NARROW}, label)
    return Figure(title, draw(spec, label), note=f"{label.partition(': ')[2]}.", wide=True, narrow=narrow)


def _by_block(comparison: Comparison, sides: Mapping[Side, SideModes]) -> Figure:
    """Draw each slice's throughput by block and side, with lines at the modes' levels: do starts switch, or keep?"""
    points: list[dict[str, Any]] = [
        {"block": block.index, "side": side, "value": float(value)}
        for side in SIDES
        for block, start in zip(comparison.kept_blocks, sides[side].starts, strict=True)
        for value in start
    ]
    levels: list[dict[str, Any]] = [
        {
            "side": side,
            "level": mode.level,
            "said": f"{side}: {words.quantity(mode.level, 'msg/s')} in {words.percent(mode.weight, 0)}",
        }
        for side in SIDES
        for found in [sides[side].modes]
        if found is not None
        for mode in found.modes
    ]
    y = {"type": "quantitative", "axis": AXIS, "scale": from_zero(p["value"] for p in points)}
    spec: Spec = {
        "width": BROAD,
        "height": 160,
        "layer": [
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": True, "size": 12, "opacity": 0.6},
                "encoding": {
                    "x": {"field": "block", "type": "ordinal", "axis": BLOCK_AXIS},
                    "xOffset": {"field": "side", "sort": list(SIDES)},
                    "y": {"field": "value", **y},
                    "color": SIDE_COLOUR,
                },
            },
            {
                "data": {"values": levels},
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {
                    "y": {"field": "level", **y},
                    "color": SIDE_COLOUR,
                    "strokeDash": SIDE_DASH,
                    "description": {"field": "said"},
                },
            },
        ],
    }
    title = "Throughput of every slice, and its modes"
    label = f"{title}: {'; '.join(level['said'] for level in levels)}"
    narrow = draw({**spec, "width": NARROW}, label)
    return Figure(title, draw(spec, label), "msg/s", wide=True, narrow=narrow)
