"""How often `perf bisect` names the right commit, and with how many blocks, beside a plain bisection.

Searches over 64 commits, one of which loses 5 % of throughput, in noise that was recorded: each search draws its blocks
from one recorded comparison of a version with itself (raw connections, nothing beside it), five neighbours at a time,
sides swapped at random. The plain bisection halves the commits as git does and repeats each step until it is sure; it
knows the noise and the change from all its earlier blocks by the same likelihood, so it lacks nothing but the
probability over commits. It is shown twice: with all six steps together as sure as the search is asked to be, and with
each step by itself so. Seeds are fixed.

    python -m benchmarks.bisect [--searches 200] [--commits 64] [--loss 0.05] [--skipped 0] [--beside] [--creep]
"""

from __future__ import annotations

import argparse
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.proof.dataset import Floats, Recorded, read
from benchmarks.proof.resampling import resampled
from chronik_perf.model import metric
from chronik_perf.stats.bisection import Paired, Question, next_step, posterior, smallest_change

TEST = "throughput@raw"
CONFIDENCE = 0.95
MOST_BLOCKS = 1500
NEIGHBOURS = 5
LEAST_BLOCKS = 6
SEED = 1

Truth = Callable[[int], float]
"""Give what commit number i has against the good end, as a log ratio."""


@dataclass(frozen=True, slots=True)
class Searched:
    """How a search ended: its kind, whether the culprit is what it named, and blocks without and with the close."""

    kind: str
    right: bool
    blocks: int
    with_close: int


def recorded_noise(searches: int, beside: bool) -> Floats:
    """Draw log ratios of equals from recorded comparisons, shape (searches, blocks)."""
    runs = [r for r in read() if _fits(r, beside)]
    tests = [[t.name for t in r.measured] for r in runs]
    alike = [r for r, names in zip(runs, tests, strict=True) if names == tests[0]]
    drawn = resampled(np.random.default_rng(SEED), alike, searches, MOST_BLOCKS, NEIGHBOURS)
    at = tests[0].index(TEST)
    return np.asarray((drawn.candidate - drawn.base)[:, at])


def _fits(run: Recorded, beside: bool) -> bool:
    long_enough = run.is_aa and run.workloads == ("raw",) and run.values.shape[1] >= LEAST_BLOCKS
    return long_enough and bool(run.line.get("beside")) == beside


def search(
    noise: Sequence[float], truth: Truth, commits: int, culprit: int, skipped: frozenset[int] = frozenset()
) -> Searched:
    """Search as `perf bisect` does, each block being noise and the difference of its two commits."""
    question = Question(commits, smallest_change(metric("throughput")), CONFIDENCE, skipped=skipped)
    blocks: Iterator[float] = iter(noise)
    step, answer = next_step(question)
    while step is not None and len(question.seen) < len(noise):
        value = next(blocks) + truth(step.commit) - truth(step.reference)
        seen = Paired(step.reference, step.commit, float(value), step.closing)
        question = replace(question, seen=(*question.seen, seen))
        step, answer = next_step(question)
    right = answer.kind == "found" and answer.culprit.low <= culprit <= answer.culprit.high
    searching = sum(p.closing == 0 for p in question.seen)
    return Searched(answer.kind, right, searching, len(question.seen))


def plain(noise: Sequence[float], truth: Truth, commits: int, culprit: int, sure: float) -> Searched:
    """Halve the commits, repeating each step until it is as probably right as `sure`, 1 to 1 before the first block."""
    blocks = iter(noise)
    enough = sure / (1 - sure)
    known: list[Paired] = []  # commit 1 stands for all that were found good, 2 for those found bad
    smallest = smallest_change(metric("throughput"))
    used = 0
    while True:  # both ends, until it is sure that they differ
        known.append(Paired(0, 2, float(next(blocks) + truth(commits))))
        used += 1
        if posterior(Question(2, smallest, seen=tuple(known))).none <= 1 - sure:
            break
    good, bad = 0, commits
    while bad - good > 1:
        middle = (good + bad) // 2
        before = posterior(Question(2, smallest, seen=tuple(known)))
        values: list[float] = []
        factor = 1.0
        while 1 / enough < factor < enough:
            values.append(float(next(blocks) + truth(middle)))
            factor = before.bayes_factor(values)
        used += len(values)
        is_bad = factor >= enough
        known += [Paired(0, 2 if is_bad else 1, v) for v in values]
        good, bad = (good, middle) if is_bad else (middle, bad)
    return Searched("found", bad == culprit, used, used)


def main() -> None:
    """Run all searches and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--commits", type=int, default=64)
    parser.add_argument("--loss", type=float, default=0.05)
    parser.add_argument("--skipped", type=int, default=0, help="commits that do not build, drawn at random")
    parser.add_argument("--beside", action="store_true", help="noise that was recorded beside other work")
    parser.add_argument("--creep", action="store_true", help="no culprit: all commits lose alike")
    given = parser.parse_args()
    begun = time.monotonic()
    noise = recorded_noise(given.searches, given.beside)
    change = math.log1p(-given.loss)
    rng = np.random.default_rng(SEED)
    rows: dict[str, list[Searched]] = {}
    steps = math.ceil(math.log2(given.commits))
    for values in noise:
        culprit = int(rng.integers(1, given.commits + 1))
        skipped = frozenset(rng.choice(np.arange(1, given.commits), given.skipped, replace=False).tolist())

        def truth(commit: int, culprit: int = culprit) -> float:
            if given.creep:
                return change * commit / given.commits
            return change if commit >= culprit else 0.0

        rows.setdefault("perf bisect", []).append(search(values, truth, given.commits, culprit, skipped))
        if not (given.skipped or given.creep or given.loss == 0):
            for title, sure in (
                (f"plain, {steps} steps together 95 % sure", CONFIDENCE ** (1 / steps)),
                ("plain, each step 95 % sure", CONFIDENCE),
            ):
                rows.setdefault(title, []).append(plain(values, truth, given.commits, culprit, sure))
    print(f"{given}; SD of a block {np.median(noise.std(axis=1)):.1%} in the median\n")
    for title, found in rows.items():
        kinds = Counter(s.kind for s in found)
        wrong = sum(s.kind == "found" and not s.right for s in found)
        print(
            f"{title}: right {sum(s.right for s in found)} of {len(found)}, wrong {wrong}, {dict(kinds)}; blocks: "
            f"mean {np.mean([s.blocks for s in found]):.1f}, median {np.median([s.blocks for s in found]):.0f}; "
            f"with the close: mean {np.mean([s.with_close for s in found]):.1f}, "
            f"median {np.median([s.with_close for s in found]):.0f}"
        )
    print(f"\n{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
