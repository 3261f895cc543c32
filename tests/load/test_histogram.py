"""Latencies go into histograms and come out of them whole."""

from __future__ import annotations

import numpy as np
import pytest

from chronik_perf.load.histogram import HIGHEST_US, Samples, latency, merge
from chronik_perf.model import MeasurementFailed


def counted(ns: list[int]) -> dict[int, int]:
    """Count latencies in ns as a window does."""
    samples = Samples()
    for start in range(0, len(ns), 1000):
        samples.add(ns[start : start + 1000])
    return samples.counts()


def test_percentiles_are_those_of_the_values() -> None:
    """A histogram's percentiles lie within its three digits of the value with that rank."""
    rng = np.random.default_rng(7)
    ns = [int(x) for x in rng.lognormal(14, 1, 20_000)]
    result, errors = latency(counted(ns), len(ns))
    assert errors == ()
    assert result.recorded == len(ns)
    exact_ms = sorted(x / 1e6 for x in ns)
    for percentile, ms in result.percentiles:
        rank = max(1, round(percentile / 100 * len(ns)))
        assert ms == pytest.approx(exact_ms[rank - 1], rel=2e-3, abs=2e-3)
    assert result.max_ms == pytest.approx(max(ns) / 1e6, abs=1e-3)


def test_what_is_out_of_range_is_kept_and_named() -> None:
    """A latency beyond the histogram's range counts at its bound and is said, where record_value would drop it."""
    ns = [1_000_000] * 99 + [2 * HIGHEST_US * 1000]
    result, errors = latency(counted(ns), 100)
    assert result.recorded == 100
    assert result.max_ms == HIGHEST_US / 1e3
    assert len(errors) == 1 and errors[0].startswith("1 latencies were outside")


def test_recorded_and_acknowledged_must_agree() -> None:
    """A latency that is missing is a failure of the measurement, not a smaller histogram."""
    with pytest.raises(MeasurementFailed, match="99 latencies were recorded for 100"):
        latency(counted([1_000_000] * 99), 100)


def test_merging_windows_is_exact() -> None:
    """Windows merged one by one hold what one window over all of them would have held."""
    rng = np.random.default_rng(8)
    windows = [[int(x) for x in rng.lognormal(13, 0.5, 500)] for _ in range(20)]
    together, _ = latency(counted([x for w in windows for x in w]), 10_000)
    merged = merge(latency(counted(w), 500)[0] for w in windows)
    assert merged == together


def test_merging_nothing_is_refused() -> None:
    """There is no histogram of no windows."""
    with pytest.raises(ValueError, match="no latencies"):
        merge([])
