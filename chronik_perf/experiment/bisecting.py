"""A search for the commit that changed a metric: chooses, builds, skips and measures until a culprit is named."""

from __future__ import annotations

import dataclasses
import math
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

from chronik_perf.model import (
    BadInput,
    Bisection,
    Contrast,
    Measured,
    MeasurementFailed,
    Skipped,
    Unavailable,
    metric,
)
from chronik_perf.stats.bisection import (
    Answer,
    Paired,
    Question,
    Step,
    next_step,
    posterior,
    seconds_each,
    smallest_change,
)

Measure: TypeAlias = Callable[[Bisection, Step], Bisection]
"""Measure one block of two commits that are built, and give the document with its contrast added.

Raises MeasurementFailed where one of them does not start or serve.
"""

Build: TypeAlias = Callable[[int], None]
"""Make sure that a commit, by its number, is built. Raises MeasurementFailed or BadInput where it cannot be."""

Say: TypeAlias = Callable[[str], None]

# Before anything was measured; only their proportion counts.
_BLOCK_S, _BUILD_S = 5.0, 20.0


def question_of(search: Bisection) -> Question:
    """Give what the blocks of a search ask of the statistics."""
    seen = tuple(
        Paired(c.reference, c.commit, c.value, c.closing) for c in search.contrasts if c.value is not None
    )
    return Question(
        commits=len(search.commits) - 1,
        smallest=smallest_change(metric(search.metric)),
        confidence=search.confidence,
        seen=seen,
        skipped=frozenset(s.commit for s in search.skipped),
    )


def difference(name: str, reference: Measured, commit: Measured) -> float:
    """Give by how much a commit's value lies above the reference's: the logarithm of their ratio.

    Raises MeasurementFailed where one of them has no such value, since no search can go by it then.
    """
    return math.log(_positive(name, commit) / _positive(name, reference))


def _positive(name: str, value: Measured) -> float:
    if isinstance(value, Unavailable) or value <= 0:
        why = value.reason if isinstance(value, Unavailable) else f"it is {value:g}"
        raise MeasurementFailed(f"{metric(name).title} was not measured: {why}")
    return value


def bisect(
    search: Bisection, measure: Measure, build: Build, budget_s: float, say: Say
) -> Iterator[tuple[Bisection, Answer]]:
    """Measure until the search has an answer or `budget_s` is spent; yields after each block and each skipped commit.

    Both ends must build and run. Another commit that does not is skipped: one that does not build at once, and one
    whose block fails if, when a block of both ends has not, it fails beside the good end as well. Raises
    MeasurementFailed and BadInput for what is wrong with an end; what was last yielded holds all that was measured.
    """
    begun, earlier_s = time.monotonic(), search.elapsed_s
    last = len(search.commits) - 1
    built: set[int] = set()
    build_s: list[float] = []
    block_s: list[float] = []

    def make(commit: int) -> None:
        if commit not in built:
            before = time.monotonic()
            build(commit)
            built.add(commit)
            build_s.append(time.monotonic() - before)

    def grown(of: Bisection) -> tuple[Bisection, Answer]:
        question = question_of(of)
        _, answer = next_step(question)
        found = posterior(question)
        told = dataclasses.replace(
            of,
            probability=tuple(round(float(p), 6) for p in found.per_commit()),
            nothing=round(found.none, 6),
            outcome=answer.kind,
            elapsed_s=earlier_s + time.monotonic() - begun,
        )
        return told, answer

    make(0)
    make(last)
    while True:
        cost_s = seconds_each(
            _typical(block_s, _BLOCK_S), _typical(build_s, _BUILD_S), frozenset(built), last
        )
        step, answer = next_step(question_of(search), cost_s)
        if step is None:
            return
        if time.monotonic() - begun + _typical(block_s, 0.0) > budget_s:
            return
        say(_progress(search, step, answer))
        begun_block = time.monotonic()
        unbuilt = _unbuilt(step, make)
        if unbuilt is not None:
            commit, reason = unbuilt
            search, answer = grown(_skip(search, commit, reason, say))
            yield search, answer
            continue
        try:
            search = measure(search, step)
        except MeasurementFailed as error:
            if step.commit == last and step.reference == 0:
                raise
            search, failing = _whose_fault(search, step, measure)
            if failing is not None:
                search = _skip(search, failing, str(error), say)
        block_s.append(time.monotonic() - begun_block)
        search, answer = grown(search)
        yield search, answer


def _unbuilt(step: Step, make: Build) -> tuple[int, str] | None:
    """Build both commits of a step; give the one that cannot be, and why."""
    for commit in (step.reference, step.commit):
        try:
            make(commit)
        except (MeasurementFailed, BadInput) as error:
            return commit, str(error)
    return None


def _whose_fault(search: Bisection, step: Step, measure: Measure) -> tuple[Bisection, int | None]:
    """Tell which commit of a block that failed does not run: None if neither, since it was the machine's, once.

    Raises MeasurementFailed where a block of both ends fails as well: then it is no commit's.
    """
    last = len(search.commits) - 1
    search = measure(search, Step(0, last, step.closing))
    for commit in (step.reference, step.commit):
        if commit in (0, last):
            continue  # which have just run
        try:
            search = measure(search, Step(0, commit, step.closing))
        except MeasurementFailed:
            return search, commit
    return search, None


def _skip(search: Bisection, commit: int, reason: str, say: Say) -> Bisection:
    say(f"skipped {search.commits[commit].short}: {reason}")
    return dataclasses.replace(search, skipped=(*search.skipped, Skipped(commit, reason)))


def _typical(seconds: list[float], otherwise: float) -> float:
    return statistics.median(seconds) if seconds else otherwise


def _progress(search: Bisection, step: Step, answer: Answer) -> str:
    number = len(search.contrasts) + 1
    low, high = (search.commits[i].short for i in (step.reference, step.commit))
    if step.closing:
        return f"block {number}, to confirm: {high} beside {low}"
    likely = search.commits[answer.culprit.high]
    return (
        f"block {number}: {high} (commit {step.commit} of {len(search.commits) - 1}) beside the good end; likeliest "
        f"{likely.short} with {answer.culprit.probability:.0%}, no change with {answer.nothing:.0%}"
    )


def contrast_added(search: Bisection, contrast: Contrast) -> Bisection:
    """Give a search with one block more."""
    return dataclasses.replace(search, contrasts=(*search.contrasts, contrast))
