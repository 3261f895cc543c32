"""Whether the place that a start had made it faster: started first and in the first folder, or second in the second.

Which version gets which place is drawn at random in each block, and the bets hold each side against its place, so one
that favours whoever has it makes noise and no false word. It is tested all the same, with the same kind of bets: what
it costs in noise can be cured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from chronik_perf.model import Comparison, Metric, Unavailable, Workload, judged
from chronik_perf.stats import words
from chronik_perf.stats.betting.ends import last_interval
from chronik_perf.stats.planning.family import margin_of, threshold_of

ERROR = 0.01  # of all gates of a comparison together


def favoured_places(comparison: Comparison) -> Iterator[str]:
    """Say of each gate for which the place is proven to matter, by how much; usually nothing."""
    if comparison.base.runs_already and comparison.candidate.runs_already:
        return  # neither was started, so there are no places
    gates = [(m, w) for m, w, r in judged(comparison.workloads) if r == "gate" and m.scale == "ratio"]
    for metric, workload in gates:
        pairs = _by_place(comparison, metric, workload)
        if len(pairs) < 2:
            continue
        logs = np.log(np.asarray(pairs))
        margin = margin_of(metric, threshold_of(metric, workload, comparison.design))
        low, high = last_interval(logs[:, 0], logs[:, 1], margin, ERROR / len(gates))
        if low > 0 or high < 0:
            shift = math.expm1(float(np.mean(logs[:, 1] - logs[:, 0])))
            yield (
                f"{words.capital(metric.title)} with {workload.title} is {words.percent(shift, signed=True)} for "
                "the broker that was started second rather than first, whichever version it is: who starts first "
                "is drawn at random, so this is noise in the verdict and no bias."
            )


def _by_place(comparison: Comparison, metric: Metric, workload: Workload) -> list[tuple[float, float]]:
    """Give, for each block, the value of the start that came first and of the one that came second."""
    pairs: list[tuple[float, float]] = []
    for block in comparison.kept_blocks:
        first, second = sorted((block.base, block.candidate), key=lambda s: s.order)
        one, two = metric.take(first, workload.name), metric.take(second, workload.name)
        if not isinstance(one, Unavailable) and not isinstance(two, Unavailable) and one > 0 and two > 0:
            pairs.append((one, two))
    return pairs
