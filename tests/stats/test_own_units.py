"""A metric of a user's own broker whose unit changed is noticed, and one that changed a lot is not taken for it."""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np
import pytest

from chronik_perf.model import Comparison, OwnMetric, Slice, unit_in_name
from chronik_perf.stats import judge
from tests.builders import ACKS1, V220, V227, Behaviour, a_comparison, with_slices

FLUSH = "log_flush_seconds_sum"


def compared(
    times: float,
    name: str = FLUSH,
    more_often: float = 1.0,
    noise: float = 0.05,
    candidate: Behaviour = V220,
    base: float = 0.002,
) -> Comparison:
    """Compare equals of which the candidate tells one metric so many times over; a histogram has 10 samples a slice."""
    rng = np.random.default_rng(1)

    def tell(factor: float, often: float) -> object:
        def change(one: Slice) -> Slice:
            value = base * factor * math.exp(rng.normal(0, noise))
            own = {name: OwnMetric("gauge", value)}
            if name.endswith("_total"):
                own = {name: OwnMetric("counter", value * one.load.stored)}
            if name.endswith("_sum"):
                count = 10.0 * often
                own = {
                    name: OwnMetric("counter", value * count),
                    f"{name.removesuffix('_sum')}_count": OwnMetric("counter", count),
                }
            return dataclasses.replace(one, own=own)

        return change

    made = a_comparison(
        V220, candidate, workloads=(ACKS1,), blocks=6, seed=1, evidence=False, histograms=False
    )
    made = with_slices(made, "base", tell(1.0, 1.0))  # type: ignore[arg-type]
    return with_slices(made, "candidate", tell(times, more_often))  # type: ignore[arg-type]


def told(comparison: Comparison) -> list[str]:
    return [f for f in judge(comparison).findings if "change of unit" in f]


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (1e3, "1,000 times"),
        (1024.0, "1,000 times"),
        (1e6, "10^6 times"),
        (1e9, "10^9 times"),
        (1e-3, "a 1,000th of"),
        (1e-6, "a 10^6th of"),
    ],
)
def test_a_histogram_in_another_unit_is_told(times: float, says: str) -> None:
    """Given a histogram off by a factor between units while no message feels it, one finding names it, within 15 %."""
    (sentence,) = told(compared(times))
    assert says in sentence
    assert f"{FLUSH} (" in sentence
    assert "within 15 %" in sentence
    assert re.search(r"response time went from [\d.]+ to [\d.]+ ms with", sentence), sentence
    assert sentence.endswith("looks like a change of unit, not of behaviour.")


@pytest.mark.parametrize("times", [1.0, 10.0, 60.0, 300.0, 800.0, 1500.0, 4000.0, 1e5, 8e5, 1.5e6])
def test_an_ordinary_large_change_is_not_taken_for_one(times: float) -> None:
    """Given a histogram that grew by a factor that lies between no two units, nothing is said of its unit."""
    assert told(compared(times)) == []


def test_what_happens_a_thousand_times_as_often_keeps_its_unit() -> None:
    """Given a histogram with 1,000 times as many samples of the same size, its mean stays and nothing is said."""
    assert told(compared(1.0, more_often=1000.0)) == []


def test_a_slowness_that_messages_feel_is_behaviour() -> None:
    """Given a flush that takes 1,000 times as long, and messages that wait 10 ms longer for it, it is behaviour."""
    assert told(compared(1e3, base=1e-5, candidate=V227)) == []


@pytest.mark.parametrize("name", ["sent_bytes_total", "queue_length"])
def test_what_is_no_time_is_told_with_a_reserve(name: str) -> None:
    """Given a size or a count that is 1,000 times as large, the sentence leaves open whether that is a unit."""
    (sentence,) = told(compared(1e3, name=name))
    assert "may be a change of unit, or of behaviour that costs no time" in sentence
    assert told(compared(1e3, name=name, noise=1.0)) == [], "a factor that scatters is behaviour"


def test_the_unit_is_what_the_end_of_a_name_says() -> None:
    """Given names as client libraries write them, their unit is read, and no other word is taken for one."""
    units = {
        "log_flush_seconds_sum": "seconds",
        "wait_us": "us",
        "sent_bytes_total": "bytes",
        "status": "",
        "items_total": "",
        "ms": "ms",
        "bytes_in_flight": "",
    }
    assert {name: unit_in_name(name) for name in units} == units
