"""What every chart has in common: one picture with its title, and axes that read alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from chronik_perf.report.charts.vega import Spec


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture with its title and unit; without one `missing` says why. `wide` ones take the whole width.

    `key` is the id of its element on the page; empty where nothing links to it. `narrow` is a wide one drawn anew for a
    telephone, where the wide one's labels would shrink to nothing.
    """

    title: str
    svg: Markup | None
    unit: str = ""
    note: str = ""
    missing: str = ""
    wide: bool = False
    key: str = ""
    narrow: Markup | None = None


# SI prefixes for thousands only: 0.5 ms must not become "500m". The unit stands in the title.
AXIS: Spec = {
    "title": None,
    "tickCount": 4,
    "labelExpr": "abs(datum.value) >= 1000 ? format(datum.value, '~s') : format(datum.value, '~g')",
}


BROAD, NARROW = 940, 310  # the widths of a wide figure, in pixels

# Numbers of blocks would run together from some 17 on: every second one is left out, until they fit.
BLOCK_AXIS: Spec = {"title": "block", "labelAngle": 0, "labelOverlap": "parity", "labelSeparation": 4}


def from_zero(values: Iterable[float]) -> Spec:
    """Give a scale that begins at 0; one that has nothing but zeros gets some height."""
    return {"zero": True, "nice": True} if any(values) else {"domain": [0, 1]}
