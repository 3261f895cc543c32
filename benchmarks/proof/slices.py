"""What a block's typical pair of slices says, from the slices of its two starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The field of the slices' values, for each metric that a slice has.
SLICES = {"throughput": "slice_msgs_per_s", "cpu_per_message": "slice_cpu_us"}


def median_ratios(starts: Sequence[Mapping[str, Any]], field: str) -> NDArray[np.float64]:
    """Give, block after block, the median log ratio of candidate to base over the pairs of slices that have both.

    `starts` are those of one workload; a block without such a pair has NaN.
    """
    by_block: dict[int, dict[str, Sequence[float | None]]] = defaultdict(dict)
    for start in starts:
        by_block[start["block"]][start["side"]] = start[field]
    return np.array([_median_ratio(by_block[b]) for b in sorted(by_block)], dtype=float)


def _median_ratio(sides: Mapping[str, Sequence[float | None]]) -> float:
    pairs = zip(sides.get("base", ()), sides.get("candidate", ()), strict=False)
    ratios = [np.log(c / b) for b, c in pairs if b and c]
    return float(np.median(ratios)) if ratios else float("nan")
