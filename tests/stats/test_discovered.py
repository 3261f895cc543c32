"""Evidence is told in words only where it is told from noise, and all of a comparison is one family."""

from __future__ import annotations

from collections.abc import Sequence

from chronik_perf.model import Effect, MetricVerdict, Role, Verdict
from chronik_perf.stats import discovered


def test_one_odd_row_among_many_is_no_discovery() -> None:
    """Given thirty rows of noise of which one has an interval of 99 % without zero, as chance gives, none is told."""
    assert discovered(a_verdict([0.008] + [0.5] * 29)) == frozenset()


def test_a_row_that_would_stand_alone_among_many_is_one() -> None:
    """Given thirty rows of which one is beyond what thirty bring by chance, that one is told."""
    assert discovered(a_verdict([0.001] + [0.5] * 29)) == {("m0", "acks1")}


def test_rows_that_moved_together_are_told_together() -> None:
    """Given rows of which a third has that same interval of 99 %, they are told, and the others are not."""
    assert discovered(a_verdict([0.008] * 4 + [0.5] * 8)) == {(f"m{i}", "acks1") for i in range(4)}


def test_an_interval_that_holds_no_change_is_no_discovery() -> None:
    """Given a family of one row whose own interval holds zero, it is not told."""
    assert discovered(a_verdict([0.03])) == frozenset()


def test_what_gates_is_the_verdicts_own_affair() -> None:
    """Given a gate, which has a word or none, it is no evidence, and neither is a row without an effect."""
    assert discovered(a_verdict([0.001], role="gate")) == frozenset()
    assert discovered(a_verdict([])) == frozenset()


def a_verdict(chances: Sequence[float], role: Role = "evidence") -> Verdict:
    """Give a verdict with a row for each p; an interval of 99 % excludes zero where p is below 1 %."""
    rows = tuple(
        MetricVerdict(
            f"m{i}",
            "acks1",
            role,
            None,
            None,
            Effect("difference", 1.0, 0.1 if p < 0.01 else -0.1, 2.0, 0.99, 10, 1.0, p, 1.0, 2.0),
            "",
        )
        for i, p in enumerate(chances)
    )
    return Verdict("none", "", rows, 0.01)
