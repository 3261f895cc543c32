"""What moved, in the verdict's own words: gates and watches that regressed or improved."""

from __future__ import annotations

from collections.abc import Iterator

from chronik_perf.report.telling import figures
from chronik_perf.report.telling.case import Case
from chronik_perf.report.telling.clause import Clause
from chronik_perf.stats import words


def what_moved(case: Case) -> Iterator[Clause]:
    """Say by how much each of them moved, with its interval; both sides' values are in the row that it links to."""
    for row in case.moved:
        text = row.sentence
        if row.effect is not None:
            text = text.partition(", from ")[0]
        accepted = " (accepted)" if row.accepted else ""
        yield Clause(words.inside(text) + accepted, figures.decided(row.metric, row.workload))
