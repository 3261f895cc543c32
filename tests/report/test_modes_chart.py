"""Throughput is drawn as it spreads, with every mode that was found by name; of no mode there is no word."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from chronik_perf.model import Comparison, Start
from chronik_perf.report import charts
from chronik_perf.stats.modes.shares import modes_of
from tests.builders import RAW, V220, Noise, a_comparison, with_starts
from tests.stats.test_slow_starts import slow_in_half_of_its_starts


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


def test_modes_are_humps_with_their_level_and_weight() -> None:
    """Given a candidate with two modes, its density has a hump at either, which says its level and how often it is."""
    figure, _ = charts.slice_modes(with_starts(equals(), "candidate", often_slow), RAW)
    assert figure.title == "How throughput spreads over slices" and figure.svg is not None
    texts = re.findall(r">([^<]*msg/s in [^<]*)</text>", str(figure.svg))
    assert len(texts) == 2
    assert re.match(r"(29|30)[.\d]*K msg/s in 3\d % of slices", texts[0]) and re.match(
        r"(89|90)[.\d]*K msg/s in 6\d % of slices", texts[1]
    )
    assert f"candidate: {texts[0]}; candidate: {texts[1]}" in str(figure.svg)


def test_every_slice_of_a_side_with_modes_is_shown_in_its_block() -> None:
    """Given modes, a second picture shows which of them the slices of each block had: do starts switch, or keep?"""
    _, figure = charts.slice_modes(with_starts(equals(), "candidate", often_slow), RAW)
    assert figure.svg is not None and figure.note == ""
    assert "candidate: 30" in str(figure.svg) or "candidate: 29" in str(figure.svg)
    assert str(figure.svg).count("<path") >= 2 * 12 * 14


def test_without_modes_the_spread_is_drawn_and_no_mode_named() -> None:
    """Given equals of one mode, the picture is there, because one hump is an answer too, and it names no mode."""
    (figure,) = charts.slice_modes(equals(), RAW)
    assert figure.svg is not None
    assert "No second mode was proven on either side" in figure.note
    assert "msg/s in" not in str(figure.svg)


def test_the_machines_speeds_are_not_the_versions_modes() -> None:
    """Given sides that slowed in the same slices, the picture says that the speeds are the machine's."""
    slow = {(b, k) for b in range(14) for k in range(12) if (5 * b + 3 * k) % 7 < 3}

    def as_the_machine(comparison: Comparison) -> Comparison:
        blocks = [
            replace(b, base=_slowed(b.base, b.index, slow), candidate=_slowed(b.candidate, b.index, slow))
            for b in comparison.blocks
        ]
        return replace(comparison, blocks=tuple(blocks))

    figure, _ = charts.slice_modes(as_the_machine(equals()), RAW)
    assert "these are the machine's speeds" in figure.note


def test_modes_of_starts_are_drawn_by_starts() -> None:
    """Given slices too scattered to tell modes by, where starts have two, the strokes are medians of starts."""
    wild = a_comparison(
        V220, V220, workloads=(RAW,), slices=12, blocks=40, histograms=False, evidence=False,
        noise=Noise(shared=0.0, between=0.004, slices=0.5),
    )  # fmt: skip
    kept = with_starts(
        wild, "candidate", lambda s: _slowed(s, 0, {(0, k) for k in range(12)}) if s.seed % 2 else s
    )
    found = modes_of(kept, RAW)["candidate"].modes
    assert found is not None and found.unit == "start"
    figure = charts.slice_modes(kept, RAW)[0]
    assert figure.title == "How throughput spreads over starts, by their medians"
    assert "a stroke is one start" in figure.note and "% of starts" in str(figure.svg)


def test_too_few_slices_are_said_to_be_too_few() -> None:
    """Given three blocks of one slice, there is no density out of three values but the reason."""
    few = a_comparison(V220, V220, workloads=(RAW,), slices=1, blocks=3, histograms=False, evidence=False)
    (figure,) = charts.slice_modes(few, RAW)
    assert figure.svg is None and figure.missing == "fewer than 8 slices a side"


def _slowed(start: Start, block: int, slow: set[tuple[int, int]]) -> Start:
    """Let the given slices of a block take three times as long."""
    return replace(
        start,
        slices=tuple(
            replace(
                s,
                load=replace(
                    s.load,
                    last_ack_ns=s.load.first_send_ns
                    + (s.load.last_ack_ns - s.load.first_send_ns) * (3 if (block, k) in slow else 1),
                ),
            )
            for k, s in enumerate(start.slices)
        ),
    )


def test_slow_starts_beside_the_base_are_drawn_as_such() -> None:
    """Given a machine that wanders and a candidate whose starts are slow half of the time, the ratio is drawn."""
    seen, ratio = charts.slice_modes(slow_in_half_of_its_starts(28), RAW)
    assert "which the next picture shows" in seen.note
    assert ratio.title == "The candidate's throughput over the base's, block by block"
    assert re.fullmatch(r"5\d % in 14 blocks and (9\d|10\d) % in 14 blocks\.", ratio.note), ratio.note
    assert str(ratio.svg).count("<path") >= 28


def test_one_slice_far_off_is_said_at_the_edge_and_takes_no_room() -> None:
    """Given one slice at a twentieth of the others, it stands at the edge by name, and the axis is the others'."""

    def lonely(start: Start) -> Start:
        first, *others = start.slices
        load = first.load
        late = replace(load, last_ack_ns=load.first_send_ns + 20 * (load.last_ack_ns - load.first_send_ns))
        return replace(start, slices=(replace(first, load=late), *others))

    plain = equals()
    block = plain.blocks[0]
    far = replace(plain, blocks=(replace(block, candidate=lonely(block.candidate)), *plain.blocks[1:]))
    (figure,) = charts.slice_modes(far, RAW)
    assert re.search(r">← 1 slice at 4,\d{3}</text>", str(figure.svg))
    assert "beyond the axis candidate: 1 slice at 4," in str(figure.svg)
    assert ">10k</text>" not in str(figure.svg)
