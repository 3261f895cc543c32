"""Which word an interval gets, and how the outcome follows from the words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chronik_perf.model import Comparison, Design, Effect, MetricVerdict, Word, metric
from chronik_perf.stats import judge
from chronik_perf.stats.betting.interval import decide, paired_effect
from chronik_perf.stats.betting.sequential import words_at_each_look
from chronik_perf.stats.planning.family import margin_of
from chronik_perf.stats.planning.forecast import forecast
from tests.builders import ACKS0, ACKS1, RAW, V220, Behaviour, Noise, a_comparison

QUIET = Noise(between=0.004)
LOUD = Noise(between=0.2)


def scaled(throughput: float = 1.0, cpu: float = 1.0) -> dict[str, Behaviour]:
    """Give v2.2.0 with its throughput and its CPU per message multiplied."""
    return {
        name: replace(
            b,
            msgs_per_s=b.msgs_per_s * throughput,
            p50_ms=b.p50_ms / throughput,
            p99_ms=b.p99_ms / throughput,
            cpu_us_per_message=b.cpu_us_per_message * cpu,
        )
        for name, b in V220.items()
    }


def compared(base: dict[str, Behaviour], candidate: dict[str, Behaviour], **options: object) -> Comparison:
    """Compare two behaviours on acks=1 alone, in 14 blocks."""
    return a_comparison(
        base,
        candidate,
        **{"blocks": 14, "noise": QUIET, "workloads": (ACKS1, RAW), "histograms": False, "evidence": False}
        | options,  # type: ignore[arg-type]
    )


def throughput(comparison: Comparison) -> MetricVerdict:
    """Give the row of acks=1 throughput; evidence, which has no part in it, is left out."""
    row = judge(comparison, evidence=False).row("throughput", "acks1")
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("factor", "noise", "word"),
    [
        (0.85, QUIET, "regressed"),
        (1.20, QUIET, "improved"),
        (1.00, QUIET, "unchanged"),
        (0.98, QUIET, "unchanged"),
        (0.95, QUIET, "inconclusive"),
        (0.87, LOUD, "inconclusive"),
        (1.00, LOUD, "inconclusive"),
    ],
)
def test_an_interval_gets_its_word_from_where_it_lies(factor: float, noise: Noise, word: Word) -> None:
    """Beyond X on a side, inside ±X, or neither: that alone makes the word."""
    row = throughput(compared(dict(V220), scaled(factor), noise=noise))
    assert row.word == word


def test_a_real_change_below_the_threshold_is_unchanged_and_says_that_it_is_real() -> None:
    """An interval that excludes 0 and lies inside ±X is unchanged, and says so."""
    row = throughput(compared(dict(V220), scaled(0.97)))
    assert row.effect is not None
    assert row.effect.high < 0
    assert row.word == "unchanged"
    assert "a real −" in row.sentence
    assert "below your threshold of 5 %" in row.sentence


def test_a_wide_interval_is_inconclusive_and_says_what_it_would_take() -> None:
    """−13 % with an interval across zero is never "no change": it says what would decide."""
    comparison = compared(dict(V220), scaled(0.87), noise=LOUD)
    verdict = judge(comparison, evidence=False)
    row, outcome = verdict.row("throughput", "acks1"), verdict.outcome
    assert row is not None
    assert row.word == "inconclusive"
    assert "unchanged" not in row.sentence and "no change" not in row.sentence
    assert "blocks" in row.why and "block SD" in row.why and "could be called a regression" in row.why
    assert outcome == "inconclusive"


def test_the_number_of_blocks_that_would_decide_is_enough() -> None:
    """With as many blocks as an open row asks for, the same difference at the same noise is decided."""
    few = throughput(compared(dict(V220), scaled(0.97), blocks=9, noise=Noise(between=0.02), seed=3))
    assert few.word == "inconclusive"
    asked = int(few.why.split("about ")[1].split(" ")[0])
    options = {"design": Design(blocks=asked, seed=4)}
    words = [
        throughput(
            compared(dict(V220), scaled(0.97), blocks=asked, noise=Noise(between=0.013), seed=s, **options)
        ).word
        for s in range(5)
    ]
    assert words.count("unchanged") >= 3


@pytest.mark.parametrize("seed", range(6))
def test_exchanging_the_sides_exchanges_the_words(seed: int) -> None:
    """What is regressed from A to B is improved from B to A, at any noise, whichever way is better."""
    comparison = compared(
        dict(V220), scaled(0.9, cpu=1.12), seed=seed, noise=Noise(between=0.01 * (seed + 1)), blocks=8
    )
    exchanged = replace(
        comparison,
        blocks=tuple(replace(b, base=b.candidate, candidate=b.base) for b in comparison.blocks),
    )
    mirror = {"regressed": "improved", "improved": "regressed"}
    there, back = judge(comparison, evidence=False), judge(exchanged, evidence=False)
    for row in there.rows:
        other = back.row(row.metric, row.workload)
        assert other is not None
        assert other.word == mirror.get(str(row.word), row.word), row.metric


def test_a_threshold_of_one_workload_does_not_touch_another() -> None:
    """A "metric@workload" is for one workload, a "metric" for all, and the first goes before the second."""
    design = Design(14, 1, thresholds={"throughput@acks1": 0.2, "throughput": 0.01})
    verdict = judge(compared(dict(V220), scaled(0.9), design=design), evidence=False)
    acks1, raw = verdict.row("throughput", "acks1"), verdict.row("throughput", "raw")
    assert acks1 is not None and raw is not None
    assert (acks1.threshold, acks1.word) == (0.2, "unchanged")
    assert (raw.threshold, raw.word) == (0.01, "regressed")


def test_one_regressed_watch_is_enough_for_a_regression() -> None:
    """Gates that are unchanged do not outvote a watch that regressed."""
    worse = {**V220, "raw": replace(V220["raw"], rss_bytes_per_message=900.0)}
    verdict = judge(compared(dict(V220), worse), evidence=False)
    assert {r.word for r in verdict.rows if r.role == "gate"} == {"unchanged"}
    assert verdict.outcome == "regression"
    assert "memory growth per stored message rose by 898 B" in verdict.headline


def test_an_open_watch_does_not_keep_a_run_from_passing() -> None:
    """Watches need not be proved unchanged."""
    design = Design(14, 1, thresholds={"p99": 0.001})
    verdict = judge(compared(dict(V220), dict(V220), design=design), evidence=False)
    p99 = verdict.row("p99", "acks1")
    assert p99 is not None and p99.word == "inconclusive"
    assert verdict.outcome == "none"


def test_a_run_without_gates_must_decide_its_throughput() -> None:
    """With acks=0 alone, whose throughput is a watch, an undecided throughput is not a pass."""
    quiet = a_comparison(V220, V220, blocks=14, workloads=(ACKS0,), evidence=False)
    loud = a_comparison(V220, V220, blocks=14, workloads=(ACKS0,), evidence=False, noise=LOUD)
    assert judge(quiet, evidence=False).outcome == "none"
    assert judge(loud, evidence=False).outcome == "inconclusive"


def test_evidence_has_effects_and_never_a_word() -> None:
    """However large its effect, evidence is described and not judged."""
    evidence = [r for r in judge(a_comparison(histograms=False)).rows if r.role == "evidence"]
    assert evidence
    assert all(r.word is None and not r.significant for r in evidence)
    assert all(r.effect is not None for r in evidence)


def test_rows_come_in_the_order_of_what_matters() -> None:
    """Gates before watches before evidence, and what was decided before what was not."""
    verdict = judge(a_comparison(histograms=False, evidence=False))
    roles = [r.role for r in verdict.rows]
    assert roles == sorted(roles, key=["gate", "watch", "evidence"].index)
    watches = [r.word for r in verdict.rows if r.role == "watch"]
    assert watches == sorted(watches, key=["regressed", "improved", "inconclusive", "unchanged", None].index)


def test_the_incident_is_said_as_a_person_would_say_it() -> None:
    """v2.2.7 against v2.2.0: the fall, its interval and both rates, in one sentence."""
    verdict = judge(a_comparison(histograms=False, evidence=False))
    assert verdict.outcome == "regression"
    assert verdict.headline.startswith(
        "v2.2.7 regressed against v2.2.0: with acks=1, 128 in flight (librdkafka), "
        "throughput fell by 94.7 % ("
    )
    assert "K to 10.9K msg/s" in verdict.headline


def test_equal_versions_have_no_regression() -> None:
    """The same behaviour on both sides is decided unchanged at every gate."""
    verdict = judge(compared(dict(V220), dict(V220), names=("v2.2.0", "v2.2.0")), evidence=False)
    assert verdict.outcome == "none"
    assert verdict.headline.startswith("No regression of v2.2.0 against v2.2.0")


def test_an_improvement_is_no_regression_and_is_said() -> None:
    """A faster candidate passes, and the headline says what improved."""
    verdict = judge(compared(dict(V220), scaled(1.3), names=("v2.2.7", "v2.2.8")), evidence=False)
    assert verdict.outcome == "none"
    assert "v2.2.8 improved on v2.2.7" in verdict.headline
    assert "throughput rose by 29.9 % (" in verdict.headline


@pytest.mark.parametrize(
    ("name", "ratio", "word"),
    [
        ("throughput", 0.951, "unchanged"),
        ("throughput", 0.949, "regressed"),
        ("throughput", 1.052, "unchanged"),
        ("throughput", 1.054, "improved"),  # 1 / 0.95 is 1.0526
        ("cpu_per_message", 1.049, "unchanged"),
        ("cpu_per_message", 1.051, "regressed"),
        ("cpu_per_message", 0.953, "unchanged"),
        ("cpu_per_message", 0.951, "improved"),  # 1 / 1.05 is 0.9524
    ],
)
def test_x_is_exact_on_the_worse_side_and_mirrored_on_the_better(name: str, ratio: float, word: Word) -> None:
    """5 % is a fall to 0.95 where more is better and a rise to 1.05 where less is; the other side is its inverse."""
    margin = margin_of(metric(name), 0.05)
    effect = paired_effect("ratio", [(100.0, 100.0 * ratio)] * 200, 0.001, margin)
    assert isinstance(effect, Effect)
    assert decide(effect, metric(name), margin) == word


@pytest.mark.parametrize("true", [0.0, -0.12])
def test_a_forecast_comes_true(true: float) -> None:
    """The number of blocks foretold from the first six is about what the same noise then takes."""
    rng = np.random.default_rng(8)
    base, candidate = rng.normal(0, 0.02, (2, 40, 60))
    candidate += true
    foretold = [forecast(b[:6], c[:6], 0.05, 0.0007).decided_at for b, c in zip(base, candidate, strict=True)]
    taken = [
        next(n for n, word in enumerate(words_at_each_look(b, c, 0.05, 0.0014), 1) if word != "open")
        for b, c in zip(base, candidate, strict=True)
    ]
    assert abs(np.median([f for f in foretold if f]) - np.median(taken)) <= 4


def test_an_effect_on_the_threshold_asks_for_no_number_of_blocks() -> None:
    """Where the values lie around X itself no number of blocks decides, and none is promised."""
    base = np.zeros(9)
    candidate = np.array([-0.02, 0.02, -0.01, 0.01, 0.0, 0.015, -0.015, 0.005, -0.005]) - 0.05
    assert forecast(base, candidate, 0.05, 0.0007).decided_at is None
