"""Modes are found where there is a valley, are not found in noise of any shape, and are counted by starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from chronik_perf.model import Comparison, Side, Start
from chronik_perf.stats import judge
from chronik_perf.stats.modes.dip import critical_dip, dip
from chronik_perf.stats.modes.levels import modes, moves_together
from chronik_perf.stats.modes.shares import change_in_share
from chronik_perf.stats.modes.valley import critical_valley, valley
from tests.builders import RAW, V220, a_comparison, with_starts

Floats = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int, int], Floats]
RUNS = 60


def correlated(rng: np.random.Generator, starts: int, slices: int) -> Floats:
    """Draw noise in which one slice keeps nine tenths of the one before."""
    x = rng.normal(size=(starts, slices))
    for j in range(1, slices):
        x[:, j] = 0.9 * x[:, j - 1] + np.sqrt(1 - 0.81) * x[:, j]
    return 0.08 * x


NOISES: dict[str, Noise] = {
    "normal": lambda rng, s, m: rng.normal(0, 0.08, (s, m)),
    "log-normal": lambda rng, s, m: np.log(2 + np.exp(rng.normal(0, 0.8, (s, m)))),
    "exponential tail": lambda rng, s, m: rng.normal(0, 0.02, (s, m)) - rng.exponential(0.15, (s, m)),
    "Student's t, 3": lambda rng, s, m: 0.08 * rng.standard_t(3, (s, m)),
    "starts differ": lambda rng, s, m: rng.normal(0, 0.02, (s, m)) + rng.normal(0, 0.08, (s, 1)),
    "starts differ, heavy": lambda rng, s, m: rng.normal(0, 0.02, (s, m)) + 0.08 * rng.standard_t(3, (s, 1)),
    "autocorrelated": correlated,
}


def bursts(rng: np.random.Generator, starts: int, slices: int) -> tuple[Floats, Floats]:
    """Draw both sides' slices, one beside the other, with a neighbour that takes 40 % off both in bursts."""
    slowed = np.zeros(2 * starts * slices)
    on = False
    for i in range(slowed.size):
        on = rng.random() >= 0.25 if on else rng.random() < 0.1
        slowed[i] = 0.4 * on
    both = (np.log1p(-slowed) + rng.normal(0, 0.06, slowed.size)).reshape(starts, slices, 2)
    return both[..., 0], both[..., 1]


def two_modes(
    rng: np.random.Generator,
    apart: float,
    weight: float,
    starts: int = 14,
    slices: int = 20,
    life: bool = False,
) -> list[Floats]:
    """Draw starts at 10,600 msg/s that are slower by so many SDs of 5 % in a share of slices, or of starts."""
    slow = rng.random((starts, 1 if life else slices)) < weight
    if life:
        slow = np.arange(starts)[:, None] < round(weight * starts)
    return list(10_600 * np.exp(rng.normal(0, 0.05, (starts, slices)) - 0.05 * apart * slow))


@pytest.mark.parametrize("noise", NOISES)
def test_noise_of_any_shape_has_one_mode(noise: str) -> None:
    """Given slices of 12 starts that differ by noise alone, hardly any sample is said to have two modes."""
    rng = np.random.default_rng(20261125)
    found = sum(modes(list(np.exp(NOISES[noise](rng, 12, 10)))) is not None for _ in range(RUNS))
    assert found <= 3  # 1 % gives more in 1 of 300 such tests


def test_a_neighbours_bursts_are_the_machines() -> None:
    """Given slices that a neighbour slows in bursts, what looks like modes moves with the slices beside it."""
    rng = np.random.default_rng(1)
    accused = seen = 0
    for _ in range(RUNS):
        own, beside = bursts(rng, 14, 20)
        found = modes(list(np.exp(own)))
        seen += found is not None
        accused += found is not None and not moves_together(found, own.ravel(), beside.ravel())
    assert accused <= 1 and seen > RUNS / 2


@pytest.mark.parametrize(
    ("apart", "weight", "life"),
    [(5.0, 0.5, False), (6.0, 0.3, False), (11.0, 0.15, False), (20.0, 0.5, True)],
)
def test_two_modes_are_found(apart: float, weight: float, life: bool) -> None:
    """Given two modes with a valley between them, they are found in 19 of 20 runs, with level and weight."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(40):
        found = modes(two_modes(rng, apart, weight, life=life))
        if found is None:
            continue
        hits += len(found.modes) == 2 and found.for_life is life
        assert found.modes[-1].level == pytest.approx(10_600, rel=0.03)
        assert found.modes[0].level == pytest.approx(10_600 * np.exp(-0.05 * apart), rel=0.05)
    assert hits >= 38


def test_starts_have_modes_where_slices_scatter_too_widely() -> None:
    """Given starts of two kinds a slice SD apart, no slice tells which it is of, and the starts do."""
    found = modes(two_modes(np.random.default_rng(3), 1.5, 0.5, starts=24, slices=60, life=True))
    assert found is not None and found.unit == "start"
    assert [round(m.weight, 2) for m in found.modes] == [0.5, 0.5]


def test_three_modes_are_three() -> None:
    """Given three levels, all three are told, the lowest first."""
    rng = np.random.default_rng(4)
    levels = np.asarray([3_500.0, 7_000.0, 14_000.0])
    found = modes(list(levels[rng.integers(0, 3, (12, 20))] * np.exp(rng.normal(0, 0.05, (12, 20)))))
    assert found is not None
    assert [m.level for m in found.modes] == pytest.approx(list(levels), rel=0.02)


def test_too_few_slices_have_no_modes() -> None:
    """Given fewer than eight slices, nothing is claimed, however they lie."""
    assert modes([np.asarray([1.0, 1.0, 1.0]), np.asarray([9.0, 9.0, 9.0])]) is None
    assert modes([]) is None


def test_the_dip_is_hartigans() -> None:
    """Given samples whose dip is known, or was computed by Maechler's program, it is the same."""
    assert dip(np.arange(20.0)) == pytest.approx(1 / 40)
    assert dip(np.asarray([0.0] * 50 + [1.0] * 50)) == pytest.approx(0.25)
    sample = np.asarray([1.0, 1.1, 1.3, 1.7, 2.0, 5.0, 5.2, 5.3, 5.9, 6.0, 6.4])
    assert dip(sample) == pytest.approx(0.170454545, abs=1e-6)
    assert dip(np.asarray([1.0, 2.0, 3.0])) == 0.0


def test_both_tests_for_a_valley_hold_their_level() -> None:
    """Given uniform samples, which have the largest dips, each test errs in about one of 200."""
    rng = np.random.default_rng(11)
    samples = [rng.uniform(size=60) for _ in range(400)]
    assert sum(dip(x) > critical_dip(60) for x in samples) <= 7
    assert sum(valley(x) > critical_valley(60) for x in samples) <= 7
    assert valley(np.r_[rng.normal(size=300), rng.normal(9, 1, size=50)]) > critical_valley(350)


def test_how_often_a_mode_comes_is_counted_by_starts() -> None:
    """Given shares of a mode a start, a change is proven by starts, and luck is not."""
    rng = np.random.default_rng(5)
    luck = [change_in_share(*rng.binomial(1, 0.4, (2, 14)).astype(float)) < 0.01 for _ in range(500)]
    assert sum(luck) <= 11  # 1 % of 500 gives more in 1 of 100 such tests
    rarely, often = rng.normal(0.15, 0.05, 14), rng.normal(0.6, 0.1, 14)
    assert change_in_share(rarely, often) < 0.001


def slowed(comparison: Comparison, side: Side, share: float, life: bool = False) -> Comparison:
    """Let a side's slices be three times slower in a share of slices, or of starts."""
    rng = np.random.default_rng(9 if side == "base" else 10)

    def change(start: Start) -> Start:
        whole = rng.random() < share
        slices = []
        for s in start.slices:
            slow = whole if life else rng.random() < share
            load = s.load
            window = (load.last_ack_ns - load.first_send_ns) * (3 if slow else 1)
            slices.append(replace(s, load=replace(load, last_ack_ns=load.first_send_ns + window)))
        return replace(start, slices=tuple(slices))

    return with_starts(comparison, side, change)


def raw(slices: int = 12) -> Comparison:
    """Compare equals with one workload."""
    return a_comparison(V220, V220, workloads=(RAW,), slices=slices, histograms=False, evidence=False)


def told(comparison: Comparison, text: str) -> str:
    """Give the one finding that holds a text."""
    found = [f for f in judge(comparison).findings if text in f]
    assert len(found) == 1, judge(comparison).findings
    return found[0]


def test_modes_are_named_and_so_is_a_change_in_how_often_they_come() -> None:
    """Given a candidate that is often slow, its modes are named, and that they come more often is the finding."""
    comparison = slowed(raw(), "candidate", 0.4)
    assert "v2.2.7 has two modes with" in told(comparison, "modes with")
    assert "starts switch between them" in told(comparison, "modes with")
    often = told(comparison, "How often a mode comes")
    assert "has changed" in often and "0 % of those of v2.2.0" in often
    assert "may be a shift of how often each comes" in often


def test_modes_that_come_as_often_on_both_sides_may_be_luck() -> None:
    """Given both sides slow as often, no change is claimed, and the mean is said to depend on luck."""
    comparison = slowed(slowed(raw(), "candidate", 0.4), "base", 0.4)
    assert "which may be luck" in told(comparison, "The mean of throughput")
    assert not [f for f in judge(comparison).findings if "has changed" in f]


def test_modes_for_life_are_told_apart_from_switching() -> None:
    """Given starts that are slow from beginning to end, it is said of starts."""
    assert "for life" in told(slowed(raw(), "candidate", 0.5, life=True), "v2.2.7 has two modes")


def test_slices_slow_on_both_sides_at_once_are_the_machines() -> None:
    """Given both sides slowed in the same slices, neither is said to have modes of its own."""
    comparison = slowed(raw(), "candidate", 0.4)
    blocks = tuple(replace(b, base=replace(b.base, slices=b.candidate.slices)) for b in comparison.blocks)
    findings = judge(replace(comparison, blocks=blocks)).findings
    assert [f for f in findings if "this is the machine" in f]
    assert not [f for f in findings if "modes with" in f or "How often" in f]
