"""The pairs of slices of a block, from the slices of its two starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# The field of the slices' values, for each metric that a slice has. Older lines lack that of p99.
SLICES = {"throughput": "slice_msgs_per_s", "cpu_per_message": "slice_cpu_us", "p99": "slice_p99_ms"}


def pair_ratios(starts: Sequence[Mapping[str, Any]], field: str) -> list[NDArray[np.float64]]:
    """Give, block after block, the log ratio of candidate to base of each pair of slices that has both.

    `starts` are those of one workload.
    """
    by_block: dict[int, dict[str, Sequence[float | None]]] = defaultdict(dict)
    for start in starts:
        by_block[start["block"]][start["side"]] = start.get(field) or ()
    return [_ratios(by_block[b]) for b in sorted(by_block)]


def pairs_measured(starts: Sequence[Mapping[str, Any]]) -> list[int]:
    """Give, block after block, how many pairs of slices were measured, those without a value among them."""
    by_block: dict[int, list[int]] = defaultdict(list)
    for start in starts:
        by_block[start["block"]].append(len(start["slice_s"]))
    return [min(by_block[b]) for b in sorted(by_block)]


def _ratios(sides: Mapping[str, Sequence[float | None]]) -> NDArray[np.float64]:
    pairs = zip(sides.get("base", ()), sides.get("candidate", ()), strict=False)
    return np.array([np.log(c / b) for b, c in pairs if b and c], dtype=float)
