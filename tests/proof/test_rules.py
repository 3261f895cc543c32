"""Other tools' rules decide as those tools do."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.proof.rules import Rule, rules

USABLE = [r for r in rules() if r.decide is not None]


@pytest.mark.parametrize("rule", USABLE, ids=lambda r: r.name)
def test_a_rule_finds_a_large_loss_and_a_large_gain_and_nothing_between_equals(rule: Rule) -> None:
    """Throughput that falls by a third is slower, its mirror image faster, and the same values are no change."""
    rng = np.random.default_rng(6)
    base, other = rng.normal(100, 1, (2, 20))
    assert rule.decide is not None
    assert rule.decide(base, other * 0.66) == -1
    assert rule.decide(base * 0.66, other) == 1
    assert rule.decide(base, base[::-1].copy()) == 0


def test_rules_at_five_percent_accuse_one_independent_comparison_in_twenty() -> None:
    """On independent Gaussian values pyperf and benchstat keep the level that they are built for."""
    rng = np.random.default_rng(7)
    pairs = rng.normal(100, 1, (800, 2, 20))
    for name in ("pyperf", "benchstat"):
        (rule,) = (r for r in USABLE if r.name.startswith(name))
        assert rule.decide is not None
        rate = np.mean([rule.decide(a, b) != 0 for a, b in pairs])
        assert rate == pytest.approx(0.05, abs=0.025)


def test_small_changes_are_within_the_noise_thresholds_that_tools_declare() -> None:
    """Half a percent is below Criterion's 1 %, and 8 % below asv's factor of 1.1, however sure it is."""
    rng = np.random.default_rng(8)
    base, other = rng.normal(100, 0.01, (2, 30))
    by_name = {r.name.split(",")[0]: r.decide for r in USABLE}
    assert by_name["Criterion"] is not None
    assert by_name["Criterion"](base, other * 0.995) == 0
    assert by_name["Criterion"](base, other * 0.98) == -1
    assert by_name["asv"] is not None
    assert by_name["asv"](base, other * 0.92) == 0
    assert by_name["asv"](base, other * 0.88) == -1
