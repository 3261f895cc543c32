"""A place that favours whoever has it is told, and never becomes a verdict."""

from __future__ import annotations

from dataclasses import replace

from chronik_perf.model import Block, Comparison
from chronik_perf.stats import judge
from chronik_perf.stats.verdict.symmetry import favoured_places
from tests.builders import ACKS1, V220, Noise, a_comparison, with_load


def equals(seed: int) -> Comparison:
    """Compare v2.2.0 with itself; who starts first alternates at random with the seed."""
    return a_comparison(
        V220,
        V220,
        blocks=20,
        seed=seed,
        noise=Noise(between=0.01),
        workloads=(ACKS1,),
        histograms=False,
        evidence=False,
    )


def slower_when_second(comparison: Comparison, factor: float) -> Comparison:
    """Multiply the throughput of whichever start came second."""

    def block(one: Block) -> Block:
        second = "candidate" if one.candidate.order == 1 else "base"
        alone = with_load(
            replace(comparison, blocks=(one,)), second, lambda x: replace(x, stored=round(x.stored * factor))
        )
        return alone.blocks[0]

    return replace(comparison, blocks=tuple(block(b) for b in comparison.blocks))


def test_a_favoured_order_is_told() -> None:
    """Where whoever starts second is a fifth slower, it is said, with the size, and nobody is accused."""
    comparison = slower_when_second(equals(3), 0.8)
    told = list(favoured_places(comparison))
    assert any("started second" in one and "−2" in one and "whichever version" in one for one in told)
    row = judge(comparison).row("throughput", "acks1")
    assert row is not None and row.word not in ("regressed", "improved")


def test_fair_places_are_not_told() -> None:
    """Of 60 comparisons in which no place matters, none or one says that one does."""
    assert sum(1 for seed in range(60) if list(favoured_places(equals(seed)))) <= 1
