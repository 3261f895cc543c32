"""A unit that changes between versions is noticed: a histogram off by 10^6 is a finding, and a regression is not."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from chronik_perf.model import Comparison, Slice
from chronik_perf.stats import judge
from chronik_perf.stats.own.units import unit_of_change
from tests.builders import ACKS1, RAW, V220, V227, a_comparison, with_slices

TIMES = ("sync_s", *(f"stage_{name}_s" for name in V220["acks1"].stage_ms))


def compared(times: float, *names: str, noise: float = 0.05, seed: int = 1, blocks: int = 6) -> Comparison:
    """Compare equals; the candidate tells these of its times `times` over, and all of them with noise."""
    rng = np.random.default_rng(seed)

    def tell(factor: float) -> object:
        def change(one: Slice) -> Slice:
            told = {
                name: value * math.exp(rng.normal(0, noise)) * (factor if name in names else 1.0)
                if name in TIMES
                else value
                for name, value in one.telemetry.items()
            }
            return dataclasses.replace(one, telemetry=told)

        return change

    made = a_comparison(
        V220, V220, workloads=(ACKS1, RAW), blocks=blocks, seed=seed, evidence=False, histograms=False
    )
    made = with_slices(made, "base", tell(1.0))  # type: ignore[arg-type]
    return with_slices(made, "candidate", tell(times))  # type: ignore[arg-type]


def told(comparison: Comparison) -> list[str]:
    return [f for f in judge(comparison).findings if "change of unit" in f]


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (1e6, "10^6 times"),
        (1e3, "1,000 times"),
        (1e9, "10^9 times"),
        (1e-3, "a 1,000th of"),
        (60.0, "60 times"),
        (1024.0, "1,000 times"),
    ],
)
def test_a_sync_time_in_another_unit_is_told(times: float, says: str) -> None:
    """Given a candidate whose sync time is off by a factor between units while nothing moves outside, one finding."""
    (sentence,) = told(compared(times, "sync_s"))
    assert says in sentence
    assert "sync time (" in sentence
    assert "stage" not in sentence
    assert sentence.endswith("looks like a change of unit, not of behaviour.")


def test_what_changed_by_one_factor_is_one_finding() -> None:
    """Given all times in another unit, one sentence names each of them, once for all workloads."""
    (sentence,) = told(compared(1e6, *TIMES))
    assert sentence.count("stage: ") == len(TIMES) - 1
    assert sentence.count("sync time") == 1


def test_a_sync_in_another_unit_is_no_hasty_acknowledgement() -> None:
    """Given a sync that seems to take far longer than the wait for it, since its unit changed, nobody is accused."""
    findings = judge(compared(1e3, "sync_s")).findings
    assert not [f for f in findings if "acknowledges" in f]


@pytest.mark.parametrize("seed", range(5))
def test_equals_and_a_regression_have_no_change_of_unit(seed: int) -> None:
    """Given equals, or a version that is far slower in many ways, no unit is said to have changed."""
    assert told(compared(1.0, seed=seed, noise=0.3)) == []
    assert told(a_comparison(V220, V227, blocks=6, seed=seed, evidence=False, histograms=False)) == []


@pytest.mark.parametrize("times", [10.0, 30.0, 100.0, 300.0, 4000.0, 1e5])
def test_another_factor_is_no_change_of_unit(times: float) -> None:
    """Given a time that differs by a factor that lies between no two units, it is not told as one."""
    assert told(compared(times, "sync_s")) == []


def test_a_factor_that_scatters_is_no_change_of_unit() -> None:
    """Given a factor that is 1,000 only on average, it is behaviour: a unit is the same in every block."""
    assert unit_of_change([(1, 200), (1, 1000), (1, 5000)], [(1, 1)] * 3) is None
    assert unit_of_change([(1, 1010), (1, 1000), (1, 990)], [(1, 1)] * 3) is not None


def test_a_slowness_that_messages_feel_is_no_change_of_unit() -> None:
    """Given a stage that takes 1,000 times as long and a response time that grew by as much, it is behaviour."""
    slow = [(0.001, 1.0)] * 5
    assert unit_of_change(slow, [(0.6, 1.6)] * 5) is None
    assert unit_of_change(slow, [(0.6, 0.61)] * 5) is not None


def test_few_blocks_and_zeros_tell_nothing() -> None:
    """Given two blocks, a time of zero, or no response time, nothing can be said."""
    assert unit_of_change([(1, 1000)] * 2, [(1, 1)] * 2) is None
    assert unit_of_change([(0, 1000)] * 5, [(1, 1)] * 5) is None
    assert unit_of_change([(1, 1000)] * 5, []) is None
