"""What a colleague would say of a comparison: a paragraph for each workload that moved, out of clauses.

A rule is a function of one workload's case. It gives the clauses of one sentence, or none, and each clause names the
figure that it rests on. RULES, in the order of the sentences, is all that there is to it. Nothing is said but what is
told from noise: what the verdict called regressed or improved, evidence that `stats.discovered` holds to be a
discovery, functions that the differential profile calls grown, and shares that `perf explain` was sure of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chronik_perf.model import Comparison, Verdict
from chronik_perf.report.telling import figures
from chronik_perf.report.telling.case import Case
from chronik_perf.report.telling.clause import Clause, Paragraph, Sentence, sentence
from chronik_perf.report.telling.cost import work_or_wait
from chronik_perf.report.telling.experiment import what_did_it
from chronik_perf.report.telling.missing import unavailable
from chronik_perf.report.telling.moved import what_moved
from chronik_perf.report.telling.named import cause_beside, likeliest_cause
from chronik_perf.report.telling.workings import how_it_works_now, what_piles_up
from chronik_perf.stats import discovered

RULES: tuple[Callable[[Case], Iterator[Clause]], ...] = (
    what_moved,
    how_it_works_now,
    what_did_it,
    work_or_wait,
    what_piles_up,
)


@dataclass(frozen=True, slots=True)
class Told:
    """The paragraphs, in the order of the workloads, and what could not be told, each once, with its reason.

    `cause` is what is named first as the cause of what got worse; empty where nothing is.
    """

    cause: Sentence
    paragraphs: tuple[Paragraph, ...]
    unavailable: tuple[str, ...]

    @property
    def figures(self) -> frozenset[str]:
        """Give the ids of all figures that clauses rest on."""
        return frozenset(clause.figure for s in self._sentences for clause in s)

    @property
    def _sentences(self) -> Iterator[Sentence]:
        yield self.cause
        for paragraph in self.paragraphs:
            yield from paragraph.sentences


def tell(comparison: Comparison, verdict: Verdict) -> Told:
    """Tell what moved and why, as far as it is known; nothing where nothing moved."""
    found = discovered(verdict)
    cases = [Case.of(comparison, verdict, w, found) for w in comparison.workloads]
    paragraphs = []
    for case in cases:
        if case.moved or case.causes:
            sentences = (sentence(rule(case)) for rule in RULES)
            paragraphs.append(Paragraph(case.workload, tuple(s for s in sentences if s)))
    return Told(
        tuple(likeliest_cause(comparison, verdict)),
        tuple(p for p in paragraphs if p.sentences),
        unavailable([c for c in cases if c.moved]),
    )


__all__ = ["RULES", "Clause", "Paragraph", "Told", "cause_beside", "figures", "tell"]
