"""What to do next in a search, or what it has found: all from the blocks so far, so that a search can be resumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from chronik_perf.stats.bisection.grid import Floats
from chronik_perf.stats.bisection.posterior import Paired, Posterior, Question, posterior
from chronik_perf.stats.bisection.worth import worth

# Good against bad, before anything else: what noise there is and whether there is anything to be sought.
FIRST = 3
# A check at the close that has decided nothing after so many blocks counts as a contradiction; so many of these end it.
MOST_CHECKS = 30
MOST_CLOSES = 2

Kind: TypeAlias = Literal["found", "nothing", "contradicted", "open"]


@dataclass(frozen=True, slots=True)
class Range:
    """Commits `low` to `high`, of which only the last can be measured; one commit where the two are the same."""

    low: int
    high: int
    probability: float


@dataclass(frozen=True, slots=True)
class Step:
    """A block to be measured: commit number `commit` against `reference`; `closing` as `Paired` has it."""

    reference: int
    commit: int
    closing: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search has found. `kind` is "open" while it goes on.

    `change` is (estimate, low, high), a 95 % credible interval on the scale of the values, given that there is a
    culprit. `culprit` is the most probable range. `nothing` is the probability that nothing changed.
    """

    kind: Kind
    culprit: Range
    nothing: float
    change: tuple[float, float, float]


def ranges(question: Question, found: Posterior) -> list[Range]:
    """Give all that can be told apart by measuring, in order: a commit with those before it that are skipped."""
    each = found.per_commit()
    ends = [i for i in range(1, question.commits + 1) if i not in question.skipped]
    begins = [1, *(end + 1 for end in ends)]
    return [
        Range(low, high, float(each[low : high + 1].sum())) for low, high in zip(begins, ends, strict=False)
    ]


def next_step(question: Question, cost_s: Floats | None = None) -> tuple[Step | None, Answer]:
    """Give the next block, or None where the search has ended, with what is known so far.

    The search is over when a range is as probable as `question.confidence`. Then new blocks put it to the test: the
    culprit against the commit before it must show the change, and that one against the good end must not. If they
    contradict, they join what was seen, and the search goes on once; if that ends in a contradiction as well, one
    culprit is not what happened, and no name is given. `cost_s` is what a block of each commit costs.
    """
    last = question.seen[-1].closing if question.seen else 0
    closes = max((p.closing for p in question.seen), default=0)
    step, answer = _decide(question, last or closes + 1, cost_s)
    if answer.kind == "contradicted" and closes < MOST_CLOSES:
        return _decide(question, closes + 1, cost_s)
    return step, answer


def _decide(question: Question, close: int, cost_s: Floats | None) -> tuple[Step | None, Answer]:
    """Go on with a search, or with the close of that number, whose blocks are no part of what they test."""
    closing = [p for p in question.seen if p.closing == close]
    before = replace(question, seen=tuple(p for p in question.seen if p.closing != close))
    found = posterior(before)
    best = max(ranges(before, found), key=lambda r: r.probability)
    if len(before.seen) < FIRST:
        return Step(0, question.commits), _answer("open", best, found)
    if found.none_at_least >= question.confidence:
        return None, _answer("nothing", best, found)
    if best.probability < question.confidence:
        told = worth(found) / (1.0 if cost_s is None else cost_s)
        told[[0, *sorted(question.skipped)]] = -1.0
        return Step(0, int(np.argmax(told))), _answer("open", best, found)
    reference, kind = _check(before, found, best, closing)
    both = posterior(question)
    again = next(r for r in ranges(question, both) if r.high == best.high)
    if reference is None:
        return None, _answer(kind, again, both)
    commit = best.high if reference == best.low - 1 else best.low - 1
    return Step(reference, commit, close), _answer(kind, again, both)


def _check(
    question: Question, found: Posterior, best: Range, closing: Sequence[Paired]
) -> tuple[int | None, Kind]:
    """Give what the next block of the close is measured against, or say how the close ended.

    New blocks alone must confirm, at the stated confidence; to contradict they must outweigh the search as well.
    """
    parent = best.low - 1
    enough = question.confidence / (1 - question.confidence)
    unsure: list[tuple[int, int]] = []
    for reference, commit, sign in ((parent, best.high, 1), (0, parent, -1)):
        if reference == commit:
            continue
        values = [p.value for p in closing if (p.reference, p.commit) == (reference, commit)]
        for_it = found.bayes_factor(values) ** sign
        if for_it <= enough**-2:
            return None, "contradicted"
        if for_it < enough:
            unsure.append((len(values), reference))
    if not unsure:
        return None, "found"
    fewest, against = min(unsure)
    return (None, "contradicted") if fewest >= MOST_CHECKS else (against, "open")


def _answer(kind: Kind, culprit: Range, found: Posterior) -> Answer:
    estimate, low, high = (found.change(p) for p in (0.5, 0.025, 0.975))
    return Answer(kind, culprit, found.none, (estimate, low, high))
