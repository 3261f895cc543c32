"""A density that a picture is drawn by: its area is 1, and it has a hump for each mode and none for noise."""

from __future__ import annotations

import numpy as np
import pytest

from chronik_perf.stats.modes.density import bandwidth, density
from chronik_perf.stats.modes.levels import modes


def humps(logs: list[np.ndarray]) -> int:
    """Count the peaks of the density of values in groups that are higher than a twentieth of the highest."""
    found = modes([np.exp(g) for g in logs])
    _, height = density(np.concatenate(logs), bandwidth(logs, found))
    inner = height[1:-1]
    return int(np.sum((inner > height[:-2]) & (inner > height[2:]) & (inner > height.max() / 20)))


def test_its_area_is_one() -> None:
    """Given any values, the density that reaches beyond them all integrates to 1."""
    logs = np.random.default_rng(1).normal(11, 0.3, 200)
    at, height = density(logs, bandwidth([logs], None))
    assert float(np.trapezoid(height, at)) == pytest.approx(1, abs=0.01)


def test_silvermans_rule_for_one_hump() -> None:
    """Given 1,000 independent normal values, the bandwidth is 0.9 SD n^(-1/5)."""
    logs = np.random.default_rng(2).normal(0, 1, (500, 2))
    assert bandwidth(list(logs), None) == pytest.approx(0.9 * 1000**-0.2, rel=0.1)


def test_two_modes_keep_their_valley() -> None:
    """Given two modes, the spread within one decides how fine the line is, and both are seen however far apart."""
    rng = np.random.default_rng(3)
    for apart in (0.3, 3.0):
        logs = [rng.normal(11, 0.03, 12) + apart * (rng.random(12) < 0.4) for _ in range(12)]
        assert humps(logs) == 2


def test_starts_that_keep_together_are_no_finer_line() -> None:
    """Given slices that all but repeat their start's one value, the line is as for the starts, not the slices."""
    rng = np.random.default_rng(4)
    levels = rng.normal(0, 1, 20)
    once, thirty = ([level + rng.normal(0, 1e-6, k) for level in levels] for k in (1, 30))
    assert bandwidth(thirty, None) == pytest.approx(bandwidth(once, None), rel=0.25)


def test_values_without_any_spread_have_a_width() -> None:
    """Given the same value again and again, the density is a narrow hump and no division by zero."""
    logs = np.zeros(20)
    _, height = density(logs, bandwidth([logs], None))
    assert np.isfinite(height).all() and height.max() > 0
