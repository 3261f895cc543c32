"""Drift within a start is found as a slope, neighbours and warm-ups are not taken for it, and a short run says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from chronik_perf.model import Comparison, Start
from chronik_perf.stats import judge
from chronik_perf.stats.betting.bets import proven
from chronik_perf.stats.drift.slopes import OVER_A_START, Pairs, drift, slopes, theil_sen
from tests.builders import RAW, V220, Noise, a_comparison, with_starts

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
LOAD_S = 4.0
SLICES = 20


def correlated(rng: np.random.Generator, n: int) -> Floats:
    """Draw skewed noise in which one slice keeps seven tenths of the one before."""
    x = rng.exponential(size=n) - 1
    for j in range(1, n):
        x[j] = 0.7 * x[j - 1] + 0.7 * x[j]
    return x


DRAWS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "Student's t, 3": lambda rng, n: rng.standard_t(3, n),
    "skewed and autocorrelated": correlated,
}


def blocks(
    rng: np.random.Generator,
    n: int,
    draw: Draw = DRAWS["normal"],
    *,
    decay: float = 0.0,
    one_sided_warm_up: float = 0.0,
    bursts: bool = False,
) -> list[Pairs]:
    """Draw blocks of 20 pairs of slices over four seconds of load; the candidate's throughput decays."""
    made = []
    t = (np.arange(SLICES) + 0.5) * LOAD_S / SLICES
    for _ in range(n):
        host = 0.1 * rng.normal() * (t - LOAD_S / 2)
        if bursts:
            begin = rng.uniform(0, LOAD_S)
            host = host - 0.5 * ((t > begin) & (t < begin + 1.0))
        base = host + 0.05 * rng.normal() + 0.06 * draw(rng, SLICES)
        candidate = host + 0.05 * rng.normal() + 0.06 * draw(rng, SLICES)
        made.append(Pairs(t, base, candidate - decay * t - one_sided_warm_up * np.exp(-t / 0.4)))
    return made


@pytest.mark.parametrize("noise", DRAWS)
@pytest.mark.parametrize("bursts", [False, True])
def test_equals_do_not_drift_apart(noise: str, bursts: bool) -> None:
    """Given equals beside a neighbour that drifts and bursts, hardly any run says that they drift apart."""
    rng = np.random.default_rng(20261125)
    wrong = 0
    for _ in range(60):
        base, candidate = slopes(blocks(rng, 10, DRAWS[noise], bursts=bursts))
        wrong += any(
            proven(base, candidate, 0.0, direction, OVER_A_START / LOAD_S, 0.005)[-1]
            for direction in ("above", "below")
        )
    assert wrong <= 3  # 1 % gives more in 1 of 300 such tests


def test_a_decay_is_found_and_its_interval_holds_it() -> None:
    """Given a decay by 5 % a second, each run of 14 blocks of four seconds finds it, and 99 % intervals hold it."""
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(100):
        found = drift(blocks(rng, 14, decay=0.05), 0.01)
        assert found is not None and found.proven and found.later_half != "settles"
        held += found.low < -0.05 < found.high
    assert held >= 96  # fewer in 1 of 300 such tests


def test_a_warm_up_of_one_side_settles() -> None:
    """Given a candidate that was not warm, what drifts is said to settle."""
    found = drift(blocks(np.random.default_rng(3), 20, one_sided_warm_up=0.8), 0.01)
    assert found is not None and found.proven and found.later_half == "settles"


def test_exchanging_the_sides_turns_the_slope() -> None:
    """Given the sides exchanged, the interval is the mirror image."""
    made = blocks(np.random.default_rng(4), 12, decay=0.05)
    found, turned = drift(made, 0.01), drift([Pairs(b.load_s, b.candidate, b.base) for b in made], 0.01)
    assert found is not None and turned is not None
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_a_slope_is_the_median_of_all() -> None:
    """Given a line with one wild point, its slope is the line's; points of one moment have none."""
    t = np.arange(7.0)
    values = 3 * t
    values[6] = 1_000.0
    assert theil_sen(t, values) == pytest.approx(3.0)
    assert np.isnan(theil_sen(np.zeros(3), np.arange(3.0)))


def test_two_slices_have_no_drift() -> None:
    """Given starts of two slices, nothing is judged."""
    assert drift([Pairs(np.asarray([0.1, 0.2]), np.zeros(2), np.ones(2))], 0.01) is None
    assert drift([], 0.01) is None


def drifting(comparison: Comparison, *, decay: float = 0.0, leak_bytes: float = 0.0) -> Comparison:
    """Let the candidate's slices grow slower, or its memory larger, by so much each slice."""

    def change(start: Start) -> Start:
        slices = []
        for i, s in enumerate(start.slices):
            load = s.load
            window = round((load.last_ack_ns - load.first_send_ns) * np.exp(decay * i))
            rss = s.rss_after_bytes
            assert isinstance(rss, float)
            slices.append(
                replace(
                    s,
                    load=replace(load, last_ack_ns=load.first_send_ns + window),
                    rss_after_bytes=rss + leak_bytes * i,
                )
            )
        return replace(start, slices=tuple(slices))

    return with_starts(comparison, "candidate", change)


def raw(blocks: int = 14, **how: float) -> Comparison:
    """Compare equals with one workload, 10 slices of 0.3 s a start."""
    noise = Noise(slices=how.get("noise", 0.02))
    return a_comparison(
        V220, V220, blocks=blocks, workloads=(RAW,), slices=10, histograms=False, evidence=False, noise=noise
    )


def test_a_decay_and_a_leak_are_findings() -> None:
    """Given a candidate that slows by 10 % a second and gains 5 MB a slice, both are said with their intervals."""
    findings = judge(drifting(raw(), decay=0.03, leak_bytes=5e6)).findings
    slower = next(f for f in findings if "throughput of v2.2.7 falls by" in f)
    assert "they drift apart by −" in slower and "more load would show more of it" in slower
    assert [f for f in findings if "resident memory of v2.2.7 rises by" in f and "MB a second" in f]


def test_equals_have_no_finding_of_drift() -> None:
    """Given equals with enough load a start, nothing is said."""
    assert [f for f in judge(raw()).findings if "drift" in f] == []


def test_a_run_that_is_too_short_says_what_it_could_not_see() -> None:
    """Given noisy slices or few blocks, the smallest drift that could be told is said."""
    noisy = [f for f in judge(raw(noise=0.3)).findings if "could have been told" in f]
    assert len(noisy) == 1 and "% a second on with acks=1, 128 raw connections (14 starts a side" in noisy[0]
    few = [f for f in judge(raw(blocks=4)).findings if "could have been told" in f]
    assert len(few) == 1 and "not at all with acks=1, 128 raw connections (4 starts a side" in few[0]
