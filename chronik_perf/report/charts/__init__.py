"""The charts of the pages: points by block, the spread and modes of slices, latency by percentile, values over time.

Those of a comparison give a picture or the reason why there is none. No text from outside goes into them: sides are
"base" and "candidate" by colour, dash and shape, and the page's legend says who they are.
"""

from chronik_perf.report.charts.blocks import per_block
from chronik_perf.report.charts.figure import Figure
from chronik_perf.report.charts.latency import latency
from chronik_perf.report.charts.levels import levels
from chronik_perf.report.charts.modes import slice_modes
from chronik_perf.report.charts.series import over_time

__all__ = ["Figure", "latency", "levels", "over_time", "per_block", "slice_modes"]
