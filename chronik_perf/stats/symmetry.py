"""Whether the place that a start had made it faster: started first or second, in one folder or the other.

Which version gets which place is drawn at random in each block, so a place that favours whoever has it makes noise and
no false word. It is tested all the same, with the bets that test the versions: what it costs in noise can be cured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from chronik_perf.model import Comparison, Metric, Start, Unavailable, Workload, judged
from chronik_perf.stats import words
from chronik_perf.stats.betting import confidence_sequence
from chronik_perf.stats.family import margin_of, threshold_of

ERROR = 0.01  # of all places and gates of a comparison together

PLACES: tuple[tuple[str, Callable[[Start], object]], ...] = (
    ("started second rather than first", lambda start: start.order),
    ("kept in the second data folder rather than the first", lambda start: start.data_dir),
)


def favoured_places(comparison: Comparison) -> Iterator[str]:
    """Say of each place and gate where the place is proven to matter, by how much; usually nothing."""
    gates = [(m, w) for m, w, r in judged(comparison.workloads) if r == "gate" and m.scale == "ratio"]
    error = ERROR / max(1, len(gates) * len(PLACES))
    for metric, workload in gates:
        margin = margin_of(metric, threshold_of(metric, workload, comparison.design))
        for title, place in PLACES:
            pairs = _by_place(comparison, metric, workload, place)
            if len(pairs) < 2:
                continue
            logs = np.log(np.asarray(pairs))
            low, high = (float(x) for x in confidence_sequence(logs[:, 0], logs[:, 1], margin, error)[-1])
            if low > 0 or high < 0:
                shift = math.expm1(float(np.mean(logs[:, 1] - logs[:, 0])))
                yield (
                    f"{words.capital(metric.title)} with {workload.title} is {words.percent(shift, signed=True)} for "
                    f"the broker that was {title}, whichever version it is: places are drawn at random, so this is "
                    "noise in the verdict and no bias."
                )


def _by_place(
    comparison: Comparison, metric: Metric, workload: Workload, place: Callable[[Start], object]
) -> list[tuple[float, float]]:
    """Give, for each block, the value at the first place and at the second."""
    pairs: list[tuple[float, float]] = []
    for block in comparison.kept_blocks:
        first, second = sorted((block.base, block.candidate), key=lambda s: str(place(s)))
        one, two = metric.take(first, workload.name), metric.take(second, workload.name)
        if place(first) == place(second) or isinstance(one, Unavailable) or isinstance(two, Unavailable):
            continue
        if one > 0 and two > 0:
            pairs.append((one, two))
    return pairs
