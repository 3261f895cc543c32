"""Table 5: the same recorded A/A blocks through the decision rules of other tools, and through this one.

*One after the other* is how those tools are used: all values of the base, then all of the candidate. *Side by side*
gives them this toolkit's pairs of fresh starts. A loss is injected by scaling the candidate's values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.proof.bets import Drawn, one_way, upper_bound, words
from benchmarks.proof.dataset import Booleans, Floats, Recorded, tests_of
from benchmarks.proof.rules import Rule, rules, statistic
from chronik_perf.stats.planning.family import margin_of

METRIC = "throughput"
SIZES = (14, 30)  # values a side
LOSSES = (0.03, 0.05, 0.10)
THRESHOLD = 0.01  # of this toolkit: the smallest loss worth a word
LEVEL = 0.01
LEAST_WINDOWS = 10  # fewer windows than this say nothing of a rate


@dataclass(frozen=True)
class Series:
    """Blocks of one workload on one machine in the order in which they ran, over all A/A comparisons there.

    `pairs` has shape (blocks, 2): base, candidate; `ordered` the same values, the first start of each block first.
    """

    workload: str
    fingerprint: str
    tests: int
    comparisons: int
    pairs: Floats
    ordered: Floats
    base_first: Booleans


@dataclass(frozen=True, slots=True)
class Replay:
    """A rule on one way of measuring: shares of `windows` that raise any alarm, and that find each loss."""

    rule: str
    source: str
    layout: str
    values: int
    windows: int
    false: int
    found: tuple[tuple[float, float], ...]

    @property
    def rate(self) -> float:
        """Give the share of windows with a false alarm."""
        return self.false / self.windows

    @property
    def bound(self) -> float:
        """Give the 95 % upper bound of the rate of false alarms, as if windows did not overlap."""
        return upper_bound(self.false, self.windows)


def series(runs: Sequence[Recorded], workload: str) -> list[Series]:
    """Chain the A/A comparisons of each machine that measured a workload alike."""
    found: dict[tuple[object, ...], list[Recorded]] = defaultdict(list)
    for run in runs:
        if run.is_aa and workload in run.workloads and run.values.size:
            found[run.line["fingerprint"], run.workloads, run.line["quick"]].append(run)
    out = []
    for (fingerprint, workloads, _), group in found.items():
        pairs = np.concatenate([np.exp(r.values[_at(r, workload), :, :]) for r in group])
        first = np.concatenate([r.base_first for r in group])
        ordered = np.where(first[:, None], pairs, pairs[:, ::-1])
        tests = len(tests_of(tuple(map(str, workloads))))  # type: ignore[call-overload]
        out.append(Series(workload, str(fingerprint), tests, len(group), pairs, ordered, first))
    return sorted(out, key=lambda s: -len(s.pairs))


def _at(run: Recorded, workload: str) -> int:
    return [t.name for t in run.measured].index(f"{METRIC}@{workload}")


def table(chain: Series, most_windows: int, seed: int) -> list[Replay]:
    """Replay every rule at every size over at most so many windows, evenly spaced."""
    out: list[Replay] = []
    for n in SIZES:
        begins = _windows(len(chain.pairs), n, most_windows)
        if begins.size < LEAST_WINDOWS:
            continue
        rng = np.random.default_rng([seed, n])
        swapped = rng.random((begins.size, n)) < 0.5
        apart = [_apart(chain, b, n, bool(swapped[i, 0])) for i, b in enumerate(begins)]
        beside = [_beside(chain, b, n, swapped[i]) for i, b in enumerate(begins)]
        for layout, windows in (("one after the other", apart), ("side by side", beside)):
            out += [_replayed(rule, layout, n, windows) for rule in rules() if rule.decide is not None]
        order = np.stack([chain.base_first[b : b + n] for b in begins]) ^ swapped
        out.append(_ours(chain, n, beside, order, THRESHOLD))
    return out


def missing() -> list[Rule]:
    """Give the rules whose packages are not installed."""
    return [r for r in rules() if r.decide is None]


def _windows(blocks: int, n: int, most: int) -> np.ndarray:
    last = blocks - n
    if last < 0:
        return np.empty(0, dtype=int)
    return np.unique(np.linspace(0, last, min(most, last + 1)).astype(int))


def _apart(chain: Series, begin: int, n: int, swapped: bool) -> tuple[Floats, Floats]:
    """Give n starts and then n starts; which of them is called the base makes no difference to identical code."""
    flat = chain.ordered[begin : begin + n].ravel()
    halves = flat[:n], flat[n:]
    return halves[::-1] if swapped else halves


def _beside(chain: Series, begin: int, n: int, swapped: Booleans) -> tuple[Floats, Floats]:
    pairs = chain.pairs[begin : begin + n]
    return np.where(swapped, pairs[:, 1], pairs[:, 0]), np.where(swapped, pairs[:, 0], pairs[:, 1])


def _replayed(rule: Rule, layout: str, n: int, windows: Sequence[tuple[Floats, Floats]]) -> Replay:
    decide = rule.decide
    assert decide is not None
    false = sum(decide(a, b) != 0 for a, b in windows)
    found = tuple(
        (loss, sum(decide(a, b * (1 - loss)) < 0 for a, b in windows) / len(windows)) for loss in LOSSES
    )
    return Replay(rule.name, rule.source, layout, n, len(windows), false, found)


def _ours(
    chain: Series, n: int, windows: Sequence[tuple[Floats, Floats]], base_first: Booleans, margin: float
) -> Replay:
    """Judge the same blocks by the bets, at the error that one test of such a comparison has."""
    (test,) = (t for t in tests_of((chain.workload,)) if t.metric.name == METRIC)
    edge, error = margin_of(test.metric, margin), one_way(chain.tests)
    x = np.log(np.stack([a for a, _ in windows]))[:, None]
    y = np.log(np.stack([b for _, b in windows]))[:, None]
    drawn = Drawn(x, y, base_first[:, None])
    alone = words(drawn, edge, error)
    false = int((np.isfinite(alone.below) | np.isfinite(alone.above)).sum())
    found = tuple(
        (loss, float(np.isfinite(words(drawn.lost(np.log1p(-loss)), edge, error).below).mean()))
        for loss in LOSSES
    )
    name = f"perf compare, X = {margin * 100:g} %"
    return Replay(name, "this toolkit", "side by side", n, len(windows), false, found)


@dataclass(frozen=True, slots=True)
class Levelled:
    """What a statistic would find if its limit were set so that 1 % of these very A/A windows crossed it."""

    statistic: str
    layout: str
    values: int
    found: tuple[tuple[float, float], ...]


def levelled(chain: Series, most_windows: int, seed: int) -> list[Levelled]:
    """Compare detection at an equal rate of false alarms."""
    out: list[Levelled] = []
    for n in SIZES:
        begins = _windows(len(chain.pairs), n, most_windows)
        if begins.size < 1 / LEVEL:
            continue
        rng = np.random.default_rng([seed, n])
        swapped = rng.random((begins.size, n)) < 0.5
        layouts = {
            "one after the other": [_apart(chain, b, n, bool(swapped[i, 0])) for i, b in enumerate(begins)],
            "side by side": [_beside(chain, b, n, swapped[i]) for i, b in enumerate(begins)],
        }
        for layout, windows in layouts.items():
            null = [statistic(a, b) for a, b in windows]
            for name in null[0]:
                limit = float(np.quantile([s[name] for s in null], 1 - LEVEL))
                found = tuple(
                    (loss, float(np.mean([statistic(a, b * (1 - loss))[name] > limit for a, b in windows])))
                    for loss in LOSSES
                )
                out.append(Levelled(name, layout, n, found))
        paired = [np.log(b) - np.log(a) for a, b in layouts["side by side"]]
        t = np.array([-d.mean() / (d.std(ddof=1) / np.sqrt(n)) for d in paired])
        limit = float(np.quantile(t, 1 - LEVEL))
        shifted = [
            (loss, np.array([-(d + np.log1p(-loss)).mean() / (d.std(ddof=1) / np.sqrt(n)) for d in paired]))
            for loss in LOSSES
        ]
        out.append(
            Levelled(
                "Student's t of pairs",
                "side by side",
                n,
                tuple((e, float((s > limit).mean())) for e, s in shifted),
            )
        )
    return out
