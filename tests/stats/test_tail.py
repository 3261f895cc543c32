"""p99 is a percentile of commits: when it may be judged, and what a side with too few of them can prove."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chronik_perf.model import Comparison, MetricVerdict, Slice, Start
from chronik_perf.stats import judge
from tests.builders import ACKS1, V220, Behaviour, Noise, a_comparison, a_latency, with_slices, with_starts

# 14 blocks of six slices of 0.3 s: 25.2 s a side, so 3,000 commits need 119 commits a second.
BLOCKS, MANY, FEW, HARDLY_ANY = 14, 620.0, 37.0, 1.3
QUIET = Noise(between=0.004)


def behaviour(p99_factor: float = 1.0, commits_per_s: float = MANY) -> dict[str, Behaviour]:
    """Give v2.2.0 with a slower tail and another number of commits."""
    b = V220["acks1"]
    p50, p99 = b.p50_ms * p99_factor, b.p99_ms * p99_factor
    return {"acks1": replace(b, p50_ms=p50, p99_ms=p99, commits_per_s=commits_per_s)}


def compared(base: dict[str, Behaviour], candidate: dict[str, Behaviour], blocks: int = BLOCKS) -> Comparison:
    """Compare on acks=1 alone."""
    return a_comparison(
        base, candidate, blocks=blocks, workloads=(ACKS1,), histograms=False, evidence=False, noise=QUIET
    )


def p99(comparison: Comparison) -> MetricVerdict:
    """Give the row of p99."""
    row = judge(comparison).row("p99", "acks1")
    assert row is not None
    return row


@pytest.mark.parametrize(("factor", "word"), [(2.0, "regressed"), (0.5, "improved"), (1.0, "unchanged")])
def test_with_enough_commits_p99_is_judged_as_anything_else(factor: float, word: str) -> None:
    """Thirty commits beyond p99 on both sides, and its interval makes the word."""
    assert p99(compared(behaviour(), behaviour(factor))).word == word


def test_a_slow_candidate_is_convicted_by_a_lower_bound_of_its_p99() -> None:
    """A candidate too slow for p99 regressed if even a lower percentile is worse than the base's."""
    row = p99(compared(behaviour(), behaviour(10.0, FEW)))
    assert row.word == "regressed"
    assert row.effect is not None
    assert "at least" in row.sentence and "p95" in row.sentence
    assert "924 commits" in row.why
    plain = p99(compared(behaviour(), behaviour(10.0)))
    assert plain.effect is not None
    assert row.effect.estimate < plain.effect.estimate  # the bound understates, never overstates
    assert all(b < c for _, b, c in row.per_block)


@pytest.mark.parametrize("factor", [1.0, 0.2])
def test_a_slow_candidate_is_never_acquitted_by_the_bound(factor: float) -> None:
    """A lower bound that is no worse proves neither unchanged nor improved; the row says why."""
    row = p99(compared(behaviour(), behaviour(factor, FEW)))
    assert row.word is None
    assert "made 924 commits in all, and p99 needs 3,000" in row.why
    assert row.effect is not None  # shown, not judged


def test_a_slow_base_can_only_show_an_improvement() -> None:
    """With too few commits on the base's side its bound may show that it was worse, never that it was better."""
    assert p99(compared(behaviour(10.0, FEW), behaviour())).word == "improved"
    assert p99(compared(behaviour(1.0, FEW), behaviour(10.0))).word is None


def test_two_slow_sides_are_not_judged() -> None:
    """With too few commits on both sides, nothing is said about p99."""
    row = p99(compared(behaviour(1.0, FEW), behaviour(10.0, FEW)))
    assert row.word is None
    assert row.why.count("924") == 2


def test_a_side_with_next_to_no_commits_lends_no_percentile() -> None:
    """Where not even the median has thirty commits beyond it, there is no bound."""
    assert p99(compared(behaviour(), behaviour(100.0, HARDLY_ANY), blocks=8)).word is None


def test_the_bound_is_a_percentile_that_the_histogram_lists() -> None:
    """Only listed percentiles are used, the next lower one; without a list the median stands in."""

    def unlisted(start: Start) -> Start:
        return replace(start, latency={k: replace(v, percentiles=()) for k, v in start.latency.items()})

    comparison = compared(behaviour(), behaviour(10.0, FEW))
    row = p99(with_starts(comparison, "candidate", unlisted))
    assert row.word == "regressed"
    assert "p50" in row.sentence


def test_without_a_count_of_commits_p99_is_not_judged() -> None:
    """A broker that does not tell its commits cannot be judged by p99, however clear it looks."""

    def silent(one: Slice) -> Slice:
        return replace(one, telemetry={})

    row = p99(with_slices(compared(behaviour(), behaviour(10.0)), "candidate", silent))
    assert row.word is None
    assert "unknown" in row.why and "v2.2.7" in row.why


def test_one_slice_without_a_count_makes_the_count_unknown() -> None:
    """A sum that lacks a part is not taken for the whole."""
    comparison = compared(behaviour(), behaviour(2.0))
    first = comparison.blocks[0]
    silent = replace(first.base.slices[0], telemetry={})
    base = replace(first.base, slices=(silent, *first.base.slices[1:]))
    assert p99(replace(comparison, blocks=(replace(first, base=base), *comparison.blocks[1:]))).word is None


def test_one_mode_of_a_start_does_not_decide_p99() -> None:
    """Two blocks of six with a wild tail widen the interval; they do not convict."""
    comparison = compared(behaviour(), behaviour())
    wild = a_latency(0.6, 20.0, 1000, False)
    blocks = [
        replace(b, candidate=replace(b.candidate, latency={"acks1": wild})) if b.index < 2 else b
        for b in comparison.blocks
    ]
    assert p99(replace(comparison, blocks=tuple(blocks))).word == "inconclusive"
