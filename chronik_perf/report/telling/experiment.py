"""What did it, as `perf explain` found by experiment: settings put back, and how much of the change each explains."""

from __future__ import annotations

import math
from collections.abc import Iterator

from chronik_perf.model import Cause, Share, metric
from chronik_perf.report.telling import figures
from chronik_perf.report.telling.case import Case
from chronik_perf.report.telling.clause import Clause
from chronik_perf.stats import words


def what_did_it(case: Case) -> Iterator[Clause]:
    """Say of every difference that is answered what it explains, the largest first; of an open one nothing."""
    what = _what(case)
    figure = figures.causes(case.workload.name)
    answered = [(c, c.explains) for c in case.causes if c.explains is not None]
    large = [(c, e) for c, e in answered if c.answer in ("most", "part")]
    for cause, explains in sorted(large, key=lambda one: -one[1].estimate):
        yield Clause(f"{_large(cause, explains)} of {what}", figure)
        what = "it"
    little = [(c.key, e.high) for c, e in answered if c.answer == "little"]
    if little:
        most = max(1, *(math.ceil(100 * high) for _, high in little))
        keys = " and ".join(key for key, _ in little)
        if len(little) == 1:
            yield Clause(f"the difference in {keys} explains less than {most} % of {what}", figure)
        else:
            yield Clause(f"the differences in {keys} explain less than {most} % of {what} each", figure)


def _large(cause: Cause, explains: Share) -> str:
    if cause.answer == "most" and cause.restores is not None and cause.restores.low > 0:
        return f"putting {cause.key} back to {cause.base} restores {words.share(cause.restores)}"
    return f"the difference in {cause.key} explains {words.share(explains)}"


def _what(case: Case) -> str:
    """Name the change that is explained; where it is the first that was told, its loss or gain."""
    if not case.causes:
        return ""
    name = case.causes[0].metric
    if case.moved and case.moved[0].metric == name == "throughput":
        return "the loss" if case.worse else "the gain"
    return f"the change in {metric(name).title}"
