"""What the load says about itself: a saturated generator, Little's law, CPU that only follows throughput."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chronik_perf.model import Comparison, Side
from chronik_perf.stats import judge
from tests.builders import ACKS1, RAW, V220, V227, a_comparison, with_load


def equals() -> Comparison:
    """Compare equals on both acks=1 workloads."""
    return a_comparison(V220, V220, blocks=14, workloads=(ACKS1, RAW), histograms=False, evidence=False)


def busy(comparison: Comparison, side: Side, share: float) -> Comparison:
    """Let the generator use this share of its core on one side."""
    return with_load(comparison, side, lambda x: replace(x, generator_cpu_s=share * x.window_s))


@pytest.mark.parametrize("side", ["base", "candidate"])
def test_a_saturated_generator_cannot_show_sameness(side: Side) -> None:
    """Above 90 % of its core on either side, throughput and p99 are the generator's and stay open."""
    verdict = judge(busy(equals(), side, 0.95))
    throughput, p99 = verdict.row("throughput", "acks1"), verdict.row("p99", "acks1")
    assert throughput is not None and p99 is not None
    assert throughput.word == p99.word == "inconclusive"
    assert "95 % of its core" in throughput.why and "Ask less of it" in throughput.why
    assert verdict.outcome == "inconclusive"
    assert any("load generator" in f for f in verdict.findings)


def test_a_generator_below_its_limit_does_not_matter() -> None:
    """At 85 % the verdict is what it was."""
    verdict = judge(busy(equals(), "base", 0.85))
    assert verdict.outcome == "none"
    assert verdict.findings == ()


def test_a_saturated_generator_does_not_hide_a_regression() -> None:
    """A fall that is seen although the generator was the limit is at least as large without it."""
    comparison = busy(a_comparison(histograms=False, evidence=False), "base", 0.99)
    row = judge(comparison).row("throughput", "acks1")
    assert row is not None and row.word == "regressed"


def test_cpu_of_the_generator_is_weighed_by_time() -> None:
    """One short busy slice does not saturate a generator."""
    comparison = equals()

    def once(b: int) -> Comparison:
        block = comparison.blocks[b]
        one = block.base.slices[0]
        load = replace(one.load, generator_cpu_s=2 * one.load.window_s)
        base = replace(block.base, slices=(replace(one, load=load), *block.base.slices[1:]))
        return replace(comparison, blocks=(replace(block, base=base), *comparison.blocks[1:]))

    assert judge(once(0)).outcome == "none"


def test_in_a_closed_loop_p50_restates_throughput_and_it_is_said() -> None:
    """128 in flight / 11.7 ms is the 10.9K msg/s: one fact, and with an idle broker the limit is latency."""
    row = judge(a_comparison(histograms=False, evidence=False)).row("p50", "acks1")
    assert row is not None
    assert "128 in flight / 11.7 ms = 11K msg/s with v2.2.7" in row.sentence
    assert "the limit is latency, not capacity" in row.sentence


def test_a_busy_broker_is_not_said_to_wait() -> None:
    """Where the broker uses most of its core, p50 still restates throughput, but capacity may be the limit."""
    row = judge(a_comparison(histograms=False, evidence=False)).row("p50", "raw")
    assert row is not None
    assert "restates throughput" in row.sentence
    assert "latency, not capacity" not in row.sentence


def test_an_open_loop_restates_nothing() -> None:
    """With arrivals at a rate of their own, latency and throughput are two facts."""
    open_loop = replace(ACKS1, arrival="open", rate_msgs_per_s=10e3)
    row = judge(a_comparison(workloads=(open_loop,), histograms=False, evidence=False)).row("p50", "acks1")
    assert row is not None
    assert "restates" not in row.sentence


def test_a_median_that_does_not_explain_throughput_is_not_said_to() -> None:
    """Where in flight / p50 is off by more than 10 %, nothing is claimed."""
    slow = {"acks1": replace(V220["acks1"], p50_ms=0.3, p99_ms=5.0)}
    row = judge(a_comparison(slow, slow, workloads=(ACKS1,), histograms=False, evidence=False)).row(
        "p50", "acks1"
    )
    assert row is not None
    assert "restates" not in row.sentence


def test_cpu_through_librdkafka_is_called_a_consequence_where_throughput_differs() -> None:
    """Batches change size with throughput, and CPU per message with them."""
    differs = judge(a_comparison(V220, V227, histograms=False, evidence=False)).row(
        "cpu_per_message", "acks1"
    )
    same = judge(equals()).row("cpu_per_message", "acks1")
    assert differs is not None and same is not None
    assert "this is a consequence" in differs.sentence
    assert "consequence" not in same.sentence
    assert differs.word is None
