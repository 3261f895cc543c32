"""Where intervals lie on the axis that all rows share."""

from __future__ import annotations

import math

from chronik_perf.model import Effect, MetricVerdict, Word
from chronik_perf.report.intervals import Axis


def row(estimate: float, low: float, high: float, word: Word) -> MetricVerdict:
    effect = Effect("ratio", estimate, low, high, 0.99, 12, 0.02, 0.01, 100.0, 100.0 * (1 + estimate))
    return MetricVerdict("throughput", "raw", "gate", word, 0.05, effect, "")


def test_small_changes_have_a_fine_axis() -> None:
    """Given nothing beyond 14 %, the axis reaches little further, and a row's interval is a good part of it."""
    rows = [row(0.093, 0.051, 0.14, "regressed"), row(0.0, -0.03, 0.03, "unchanged")]
    axis = Axis.of(rows)
    assert axis.reach < math.log(1.3)
    drawn = axis.drawing(rows[0])
    assert drawn is not None and drawn.high - drawn.low > 10
    assert drawn.low < drawn.estimate < drawn.high
    assert not (drawn.cut_low or drawn.cut_high)


def test_a_collapse_has_an_axis_that_holds_it() -> None:
    """Given a fall by 90 %, the axis holds all of its interval, and its labels lie within it in their order."""
    axis = Axis.of([row(-0.9, -0.95, -0.85, "regressed")])
    drawn = axis.drawing(row(-0.9, -0.95, -0.85, "regressed"))
    assert drawn is not None and 0 < drawn.low < drawn.high < 50
    places = [place for place, _ in axis.ticks]
    assert places == sorted(places) and places[0] >= 0 and places[-1] <= 100


def test_what_is_open_is_cut_off_rather_than_making_all_others_small() -> None:
    """Given an open row from -79 % to +353 %, it goes on beyond the axis on both sides, and is marked so."""
    wide = row(0.01, -0.79, 3.53, "inconclusive")
    axis = Axis.of([wide, row(0.0, -0.03, 0.03, "unchanged")])
    drawn = axis.drawing(wide)
    assert drawn is not None and drawn.cut_low and drawn.cut_high
    assert (drawn.low, drawn.high) == (0, 100)
