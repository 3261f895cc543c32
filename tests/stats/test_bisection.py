"""A search for a commit in recorded noise: the right one, and a range where no more can be known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.bisect import Searched, recorded_noise, search
from chronik_perf.stats.bisection import Paired, Question, next_step

LOSS = math.log(0.95)
COMMITS = 64


def searched(culprit: int, noise: np.ndarray, skipped: frozenset[int] = frozenset()) -> Searched:
    """Search 64 commits for a loss of 5 % that came with one of them."""
    return search(noise, lambda c: LOSS if c >= culprit else 0.0, COMMITS, culprit, skipped)


def test_the_right_commit_is_named_in_recorded_noise() -> None:
    """Given 5 % lost somewhere in 64 commits, at least 17 of 20 searches name the commit, wherever it is.

    At the promised 95 % fewer than 17 would come in 1.6 % of such suites; seeds are fixed. All 200 searches, beside a
    plain bisection, are in `benchmarks.bisect`.
    """
    noise = recorded_noise(20, beside=False)
    culprits = [1, COMMITS, *np.random.default_rng(5).integers(2, COMMITS, 18)]
    found = [searched(int(c), values) for c, values in zip(culprits, noise, strict=True)]
    assert sum(s.right for s in found) >= 17
    assert all(s.with_close > s.blocks for s in found if s.kind == "found"), "a culprit was named unconfirmed"


def test_a_culprit_among_commits_that_do_not_build_is_a_range() -> None:
    """Given a culprit that cannot be built, the answer is the range from it to the first commit that can."""
    (noise,) = recorded_noise(1, beside=False)
    skipped = frozenset({20, 21, 22})
    question = Question(COMMITS, 0.025, skipped=skipped)
    step, answer = next_step(question)
    values = iter(noise)
    while step is not None:
        assert step.commit not in skipped and step.reference not in skipped
        value = next(values) + LOSS * (step.reference < 21 <= step.commit)
        seen = (*question.seen, Paired(step.reference, step.commit, float(value), step.closing))
        question = Question(COMMITS, 0.025, seen=seen, skipped=skipped)
        step, answer = next_step(question)
    assert answer.kind == "found"
    assert (answer.culprit.low, answer.culprit.high) == (20, 23)


def test_where_nothing_changed_no_commit_is_named() -> None:
    """Given equals, searches end with "nothing", but for one in twenty that may err; five must not all err."""
    kinds = [search(v, lambda _: 0.0, COMMITS, 0).kind for v in recorded_noise(5, beside=False)]
    assert kinds.count("nothing") >= 4


def test_a_close_that_contradicts_gives_no_name() -> None:
    """Given a search that points at a commit, blocks of it and its parent that do not differ take the name back.

    The search goes on once; when its second candidate is contradicted as well, no name is given.
    """
    question = Question(4, 0.025)
    rng = np.random.default_rng(1)
    step, answer = next_step(question)
    while step is not None:
        # Against the good end commits 3 and 4 have lost 5 %; beside each other no two differ.
        lost = LOSS if step.closing == 0 and step.commit >= 3 else 0.0
        seen = Paired(step.reference, step.commit, lost + rng.normal(0, 0.02), step.closing)
        question = Question(4, 0.025, seen=(*question.seen, seen))
        assert len(question.seen) < 500
        step, answer = next_step(question)
    assert answer.kind == "contradicted"


@pytest.mark.parametrize("scale", [0.02, 1.0])
def test_a_large_change_takes_few_blocks(scale: float) -> None:
    """Given a change far beyond the noise, a search takes about as many blocks as halving has steps, and its close."""
    noise = np.random.default_rng(3).normal(0, 0.03 * scale, 200)
    found = search(noise, lambda c: -1.5 if c >= 37 else 0.0, COMMITS, 37)
    assert found.right
    assert found.with_close <= 20
