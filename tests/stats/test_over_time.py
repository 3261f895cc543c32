"""A history's account: sought in the ratio where the base is the same, one finding a version, how the newest stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from chronik_perf.model.history import Kind, Occasion, Reading, Track
from chronik_perf.stats.history.over_time import findings, stand
from chronik_perf.stats.history.past import past_of

THROUGHPUT = Kind("throughput", "throughput", "msg/s", "higher", "ratio", 0.05, "gate", "raw", "raw", "w")
CPU = dataclasses.replace(
    THROUGHPUT, metric="cpu_per_message", title="CPU per stored message", unit="µs", better="lower"
)
GROWTH = dataclasses.replace(
    THROUGHPUT,
    metric="rss_growth",
    title="memory growth",
    unit="B",
    better="lower",
    scale="difference",
    threshold=64.0,
)
RNG = np.random.default_rng(5)


def occasion(number: int, base: str = "same", tools: str = "1") -> Occasion:
    return Occasion(
        identity=f"{number}",
        version=f"v{number}",
        commit=f"{number:040d}",
        dirty=False,
        label="",
        time=f"2026-01-{1 + number // 24:02d}T{number % 24:02d}:00:00Z",
        machine="m",
        machine_name="machine",
        base="v0" if base else "",
        base_identity=base,
        tools={"client": tools},
    )


def noisy(levels: Sequence[tuple[float, int]], noise: float = 0.005) -> list[float]:
    """Give so many values at each level, with relative normal noise."""
    return [level * (1 + noise * RNG.standard_normal()) for level, times in levels for _ in range(times)]


def series(
    values: Sequence[float],
    kind: Kind = THROUGHPUT,
    against: Sequence[float] | None = None,
    numbers: Sequence[int] | None = None,
    bases: Sequence[str] | None = None,
    tools: Sequence[str] | None = None,
) -> Track:
    places = numbers or range(len(values))
    readings = tuple(
        Reading(
            occasion(n, (bases[i] if bases else "same") if against else "", tools[i] if tools else "1"),
            value,
            0.01,
            9,
            against[i] if against else None,
        )
        for i, (n, value) in enumerate(zip(places, values, strict=True))
    )
    return Track(kind, "m", "machine", readings)


def test_drift_of_the_machine_is_no_change_where_the_base_is_the_same() -> None:
    """Given a machine that became 20 % slower half-way, the ratio to the same base did not move; the level did."""
    drift = np.array([1.0] * 20 + [0.8] * 20)
    levels, ratios = 1e5 * drift * noisy([(1, 40)]), noisy([(0.98, 40)])
    beside = past_of(series(list(levels), against=ratios))
    assert beside.beside and "ratio to v0" in beside.basis
    assert beside.moved == ()
    moved_base = past_of(series(list(levels), against=ratios, bases=["a"] * 30 + ["b"] * 10))
    assert not moved_base.beside and "the base was not always the same" in moved_base.basis
    assert [m.change.index for m in moved_base.moved] == [20]


def test_a_loss_against_the_base_is_found_under_drift() -> None:
    """Given a 4 % loss of the ratio under a level that drifts by 30 %, it is found where it is, and said as a ratio."""
    ratios = noisy([(1.0, 20), (0.94, 20)])
    levels = [r * 1e5 * (1 + 0.3 * i / 40) for i, r in enumerate(ratios)]
    past = past_of(series(levels, against=ratios))
    assert [m.change.index for m in past.moved] == [20]
    judged = stand(past)
    assert judged.word == "regressed"
    assert "times v0" in judged.sentence and "since v20" in judged.sentence


def test_series_that_moved_at_one_version_are_one_finding() -> None:
    """Given throughput and CPU that moved at v20, and memory, of fewer versions, at v30, there are two findings."""
    numbers = [n for n in range(40) if n % 2 == 0]
    pasts = [
        past_of(series(noisy([(1e5, 20), (0.9e5, 20)]))),
        past_of(series(noisy([(5, 20), (5.6, 20)]), CPU)),
        past_of(series(noisy([(100, 15), (300, 5)]), GROWTH, numbers=numbers)),
    ]
    both, memory = findings(pasts)
    assert {p.past.track.kind.metric for p in both.parts} == {"throughput", "cpu_per_message"}
    assert both.headline == f"2 series moved at {both.occasion.name}, for the worse, and stayed"
    assert both.occasion.version == "v20"
    assert both.worse
    assert [p.past.track.kind.metric for p in memory.parts] == ["rss_growth"]
    assert memory.occasion.version == "v30"


def test_series_with_missing_versions_still_meet() -> None:
    """Given one series that lacks every other version, its change and that of the full series are one finding."""
    numbers = [n for n in range(60) if n % 2 == 1]
    pasts = [
        past_of(series(noisy([(1e5, 30), (0.9e5, 30)]))),
        past_of(series(noisy([(5, 15), (5.6, 15)]), CPU, numbers=numbers)),
    ]
    assert [len(f.parts) for f in findings(pasts)] == [2]


@pytest.mark.parametrize(
    ("levels", "word"),
    [
        ([(100, 15), (88, 15)], "regressed"),
        ([(100, 15), (88, 15), (100, 15)], "held"),
        ([(100, 15), (112, 15)], "held"),
        ([(100, 15), (97.5, 15)], "held"),  # within the threshold
        ([(100, 15), (97, 15), (94, 15)], "regressed"),  # each within, together beyond
        ([(100, 15), (80, 15), (91, 15)], "regressed"),  # what came back leaves 9 %
        ([(100, 15), (112, 15), (100, 15)], "regressed"),  # a gain that was lost again
        ([(100, 30)], "held"),
    ],
)
def test_how_the_newest_level_stands(levels: list[tuple[float, int]], word: str) -> None:
    """Given the levels that throughput went through, only a loss beyond 5 % that is still there is a regression."""
    assert stand(past_of(series(noisy(levels)))).word == word


def test_a_single_spike_is_no_regression() -> None:
    """Given one value at half of the level, even as the last but one, nothing moved."""
    for at in (10, 28, 29):
        values = noisy([(100, 30)])
        values[at] /= 2
        past = past_of(series(values))
        assert (past.moved, stand(past).word) == ((), "held")


def test_what_is_accepted_is_held() -> None:
    """Given a loss at v15, it is accepted since v15, by version or commit, and a loss after that is not."""
    past = past_of(series(noisy([(100, 15), (88, 15)])))
    assert stand(past, since="v15").word == "held"
    assert stand(past, since=f"{20:040d}").word == "held"
    assert stand(past, since="v14").word == "regressed"
    again = past_of(series(noisy([(100, 15), (88, 15), (78, 15)])))
    assert stand(again, since="v20").word == "regressed"


def test_too_few_values_say_how_many_are_needed() -> None:
    """Given fewer values than a change needs, the sentence says how many more."""
    judged = stand(past_of(series([100, 101, 50])))
    assert judged.word == "too few"
    assert judged.sentence == "3 of the 6 values that a change needs; 3 more values are needed"


def test_a_tool_that_changed_at_the_same_time_is_named() -> None:
    """Given a client library that was updated where the level moved, the finding says so."""
    tools = ["2.15"] * 15 + ["2.16"] * 15
    [finding] = findings([past_of(series(noisy([(100, 15), (88, 15)]), tools=tools))])
    assert "client changed from 2.15 to 2.16 at the same time" in finding.notes


def test_a_level_of_zero_has_no_percentage() -> None:
    """Given a ratio metric that rose from 0, the words name both levels and no percentage."""
    values = [0.0] * 15 + noisy([(5, 15)])
    [finding] = findings([past_of(series(values, dataclasses.replace(CPU, metric="errors", title="errors")))])
    assert "%" not in finding.parts[0].sentence.split(",")[0]


def test_the_difference_scale_counts_in_its_unit() -> None:
    """Given memory growth that rose by 40 B and by 90 B, only the second lies beyond 64 B."""
    small = past_of(series(noisy([(100, 15), (140, 15)]), GROWTH))
    assert stand(small).word == "held"
    assert stand(past_of(series(noisy([(100, 15), (190, 15)]), GROWTH))).word == "regressed"
