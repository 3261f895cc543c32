"""Where an interval lies on the small drawing of its row, in percent of the drawing's width.

All rows on the ratio scale share one axis of log ratios, which reaches no further than the rows need, and is compressed
by asinh where it reaches far, so that 5 % and a fall to a twentieth are both seen. A difference is drawn in multiples
of its threshold, which takes the place of 5 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from chronik_perf.model import Effect, MetricVerdict, metric
from chronik_perf.stats.planning.family import margin_of

_COMPRESS = 0.2  # log ratios below this are drawn nearly to scale
_LIKE_A_THRESHOLD = 0.05


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


@dataclass(frozen=True, slots=True)
class Axis:
    """The axis that rows on the ratio scale share: how far its log ratios reach to either side, and its labels."""

    reach: float
    labels: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, rows: Iterable[MetricVerdict]) -> Axis:
        """Give the shortest one that holds every interval with a word that decides, and every other estimate."""
        furthest = max((_furthest(row) for row in rows), default=0.0)
        return next((axis for axis in _AXES if furthest <= axis.reach), _AXES[-1])

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Give the labels with their places."""
        return tuple((self._place(math.log1p(change)), label) for change, label in self.labels)

    def drawing(self, row: MetricVerdict) -> Drawing | None:
        """Place a row's interval; None where it has none."""
        effect = row.effect
        if effect is None or not math.isfinite(effect.estimate):
            return None
        low, estimate, high = _scaled(row, effect)
        band = None
        if row.threshold:
            band = (
                margin_of(metric(row.metric), row.threshold) if effect.scale == "ratio" else _LIKE_A_THRESHOLD
            )
        return Drawing(
            low=self._place(low),
            high=self._place(high),
            estimate=self._place(estimate),
            band_low=None if band is None else self._place(-band),
            band_high=None if band is None else self._place(band),
            cut_low=abs(low) > self.reach,
            cut_high=abs(high) > self.reach,
        )

    def _place(self, log_ratio: float) -> float:
        if math.isnan(log_ratio):
            return 50.0
        at = math.copysign(min(abs(log_ratio), self.reach), log_ratio)
        return round(50 + 50 * math.asinh(at / _COMPRESS) / math.asinh(self.reach / _COMPRESS), 2)


_AXES = (
    Axis(math.log(1.25), ((-0.15, "−15 %"), (-0.05, "−5 %"), (0.0, "0"), (0.05, "+5 %"), (0.15, "+15 %"))),
    Axis(math.log(2.5), ((-0.5, "−50 %"), (-0.1, "−10 %"), (0.0, "0"), (0.1, "+10 %"), (1.0, "2×"))),
    Axis(math.log(40), ((-0.95, "−95 %"), (-0.5, "−50 %"), (0.0, "0"), (1.0, "2×"), (19.0, "20×"))),
)


def _furthest(row: MetricVerdict) -> float:
    effect = row.effect
    if effect is None or not math.isfinite(effect.estimate):
        return 0.0
    low, estimate, high = _scaled(row, effect)
    # What is open may reach to anywhere; it is cut off, and says so.
    decided = row.word in ("regressed", "improved", "unchanged")
    return max(abs(x) for x in ((low, estimate, high) if decided else (estimate,)) if math.isfinite(x))


def _scaled(row: MetricVerdict, effect: Effect) -> tuple[float, float, float]:
    ends = (effect.low, effect.estimate, effect.high)
    if effect.scale == "ratio":
        low, estimate, high = (math.log1p(x) if x > -1 else -math.inf for x in ends)
    else:
        unit = row.threshold or max(1e-12, *(abs(x) for x in ends if math.isfinite(x)))
        low, estimate, high = (x / unit * _LIKE_A_THRESHOLD for x in ends)
    return low, estimate, high
