"""Numbers as a person would say them."""

from __future__ import annotations

import pytest

from chronik_perf.model import Effect
from chronik_perf.stats import words


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (205_800, "206K"),
        (10_900, "10.9K"),
        (1_500_000, "1.5M"),
        (9_056, "9,056"),
        (9_999.7, "10K"),
        (999_960, "1M"),
        (999.6, "1,000"),
        (11.72, "11.7"),
        (0.6, "0.6"),
        (0, "0"),
        (-13, "−13"),
        (0.000123, "0.000123"),
        (-6.07e-08, "0"),
        (float("inf"), "unbounded"),
    ],
)
def test_a_number_has_three_figures(value: float, said: str) -> None:
    """Three significant figures, K and M from ten thousand on."""
    assert words.number(value) == said


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(900, "B", "900 B"), (953e6, "B", "953 MB"), (1.2e9, "B", "1.2 GB"), (0.94, "ms", "0.94 ms")],
)
def test_bytes_are_said_in_their_multiples(value: float, unit: str, said: str) -> None:
    """Bytes become KB, MB and GB; other units stay."""
    assert words.quantity(value, unit) == said


def effect(estimate: float, low: float, high: float) -> Effect:
    """Give a relative effect."""
    return Effect("ratio", estimate, low, high, 0.99, 6, 0.01, 0.5, 1.0, 1 + estimate)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (effect(-0.13, -0.36, 0.09), "−13 % (−36 to +9 %)"),
        (effect(-0.03, -0.034, -0.026), "−3.0 % (−3.4 to −2.6 %)"),
        (effect(0.0, -0.0001, 0.0001), "0.00 % (−0.01 to +0.01 %)"),
        (effect(18.5, 18.3, 18.7), "19.5-fold (19.3 to 19.7)"),
        (effect(-0.18, -0.989, 59.68), "−18 % (−99 % to 60.7-fold)"),
        (effect(-0.18, -1.0, 1e9), "−18.0 % (too few blocks for an interval)"),
    ],
)
def test_an_effect_is_said_with_its_interval(given: Effect, said: str) -> None:
    """Signs, and no more places than the interval supports."""
    assert words.signed_change(given, "ms") == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (effect(-0.947, -0.949, -0.945), "fell by 94.7 % (94.5 to 94.9 %)"),
        (effect(0.3, 0.285, 0.314), "rose by 30.0 % (28.5 to 31.4 %)"),
        (effect(18.5, 18.3, 18.7), "rose 19.5-fold (19.3 to 19.7)"),
    ],
)
def test_a_decided_effect_rose_or_fell(given: Effect, said: str) -> None:
    """A verb instead of a sign, and the interval in the same direction, small to large."""
    assert words.moved(given, "ms") == said


def test_a_sentence_keeps_its_acronyms_where_it_is_quoted() -> None:
    """CPU stays CPU within another sentence, p99 stays p99 at the start of one."""
    assert words.inside("CPU per stored message rose.") == "CPU per stored message rose"
    assert words.inside("Throughput fell.") == "throughput fell"
    assert words.capital("p99 rose") == "p99 rose"
    assert words.capital("memory grew") == "Memory grew"


@pytest.mark.parametrize(
    ("sentence", "begun"),
    [
        ("a batch waits", "A batch waits"),
        ("p99 rose", "p99 rose"),
        ("kafka://[::1]:9092 holds it", "kafka://[::1]:9092 holds it"),
    ],
)
def test_a_sentence_begins_as_sentences_do(sentence: str, begun: str) -> None:
    """Given what begins one, it gets a capital, unless that would make another name or address of it."""
    assert words.capital(sentence) == begun
