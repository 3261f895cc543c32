"""Where an interval lies on the small drawing of its row, in percent of the drawing's width.

All rows on the ratio scale share one axis of log ratios, compressed by asinh so that 5 % and a fall to a
twentieth are both seen. A difference is drawn in multiples of its threshold, which takes the place of 5 %.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from chronik_perf.model import Effect, MetricVerdict, metric
from chronik_perf.stats.planning.family import margin_of

_COMPRESS = 0.2  # log ratios below this are drawn nearly to scale
_LIKE_A_THRESHOLD = 0.05
_REACH = math.asinh(math.log(40) / _COMPRESS)
_TICKS = ((-0.95, "−95 %"), (-0.5, "−50 %"), (0.0, "0"), (1.0, "2×"), (19.0, "20×"))


@dataclass(frozen=True, slots=True)
class Drawing:
    """Places of the interval, the estimate and the threshold's band; `cut_*` where the interval goes on."""

    low: float
    high: float
    estimate: float
    band_low: float | None
    band_high: float | None
    cut_low: bool
    cut_high: bool


def ticks() -> tuple[tuple[float, str], ...]:
    """Give the axis that the ratio rows share."""
    return tuple((_place(math.log1p(change)), label) for change, label in _TICKS)


def drawing(row: MetricVerdict) -> Drawing | None:
    """Place a row's interval; None where it has none."""
    effect = row.effect
    if effect is None or not math.isfinite(effect.estimate):
        return None
    unit = _unit_of(effect, row.threshold)
    low, high = (_scaled(effect, x, unit) for x in (effect.low, effect.high))
    band = None
    if row.threshold:
        band = margin_of(metric(row.metric), row.threshold) if effect.scale == "ratio" else _LIKE_A_THRESHOLD
    return Drawing(
        low=_place(low),
        high=_place(high),
        estimate=_place(_scaled(effect, effect.estimate, unit)),
        band_low=None if band is None else _place(-band),
        band_high=None if band is None else _place(band),
        cut_low=not _fits(low),
        cut_high=not _fits(high),
    )


def _unit_of(effect: Effect, threshold: float | None) -> float:
    ends = (effect.low, effect.estimate, effect.high)
    return threshold or max(1e-12, *(abs(x) for x in ends if math.isfinite(x)))


def _scaled(effect: Effect, value: float, unit: float) -> float:
    if effect.scale == "ratio":
        return math.log1p(value) if value > -1 else -math.inf
    return value / unit * _LIKE_A_THRESHOLD


def _fits(log_ratio: float) -> bool:
    return math.isfinite(log_ratio) and abs(math.asinh(log_ratio / _COMPRESS)) <= _REACH


def _place(log_ratio: float) -> float:
    if math.isnan(log_ratio):
        return 50.0
    at = math.copysign(_REACH, log_ratio) if math.isinf(log_ratio) else math.asinh(log_ratio / _COMPRESS)
    return round(50 + 50 * max(-1.0, min(1.0, at / _REACH)), 2)
