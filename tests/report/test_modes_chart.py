"""Modes are drawn where there are some, and only there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chronik_perf.model import Comparison, Start
from chronik_perf.report import charts
from tests.builders import RAW, V220, a_comparison, with_starts


def equals() -> Comparison:
    """Compare equals with one workload."""
    return a_comparison(V220, V220, workloads=(RAW,), slices=12, histograms=False, evidence=False)


def often_slow(start: Start) -> Start:
    """Let four slices in ten take three times as long."""
    rng = np.random.default_rng(start.seed)

    def stretched(first_ns: int, last_ns: int) -> int:
        return first_ns + (last_ns - first_ns) * (3 if rng.random() < 0.4 else 1)

    return replace(
        start,
        slices=tuple(
            replace(s, load=replace(s.load, last_ack_ns=stretched(s.load.first_send_ns, s.load.last_ack_ns)))
            for s in start.slices
        ),
    )


def test_modes_are_drawn_with_their_levels() -> None:
    """Given a candidate with two modes, every slice is a point and each mode a line that says its level."""
    (figure,) = charts.slice_modes(with_starts(equals(), "candidate", often_slow), RAW)
    assert figure.svg is not None and figure.note == ""
    assert "candidate: 30" in str(figure.svg) or "candidate: 29" in str(figure.svg)
    assert str(figure.svg).count("<path") >= 2 * 12 * 14


def test_without_modes_nothing_is_drawn() -> None:
    """Given equals of one mode, the page has no such picture."""
    assert charts.slice_modes(equals(), RAW) == ()
