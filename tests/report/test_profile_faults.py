"""Faults of other differential flame graphs that a page can have; `Fault:` names each. More are in test_page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from chronik_perf.model import Comparison, Profile, ProfileKind, Side
from chronik_perf.report import html
from chronik_perf.report.flame import Box, Flame, flame
from chronik_perf.stats import judge
from tests.builders import a_profile_of

STACKS = {
    "MainThread;main (a.py);decode (b.py)": 300,
    "MainThread;main (a.py);append (c.py)": 100,
    "MainThread;main (a.py)": 100,
}


def flame_of(
    small: Comparison, base: list[Profile], candidate: list[Profile], kind: ProfileKind = "cpu"
) -> Flame:
    """Lay out profiles as the report of a comparison would."""
    return flame(replace(small, profiles=(*base, *candidate), missing_profiles=()), "acks1", kind)


def box(laid_out: Flame, function: str) -> Box:
    return next(b for b in laid_out.boxes if b.function == function)


def test_a_cpu_profile_is_never_drawn_against_a_wall_profile(small: Comparison) -> None:
    """Fault: CPU compared with wall-clock silently. Each kind stands alone, and says that the other side lacks it."""
    # given a base that was profiled on the CPU only, and a candidate by the clock only
    base, candidate = [a_profile_of(STACKS)] * 4, [a_profile_of(STACKS, "candidate", kind="wall")] * 4
    kinds: list[tuple[ProfileKind, Side, Side]] = [
        ("cpu", "base", "candidate"),
        ("wall", "candidate", "base"),
    ]
    for kind, has, lacks in kinds:
        # when each kind is laid out
        laid_out = flame_of(small, base, candidate, kind)
        # then it has one side, no change in colour or words, and says what is missing
        assert laid_out.sides == (has,)
        assert laid_out.sentence == "" and laid_out.frames == ()
        assert {b.mark for b in laid_out.boxes} == {"g"} and not any(b.delta for b in laid_out.boxes)
        assert laid_out.missing == (f"{lacks}: no profile was taken",)
    # and the page says of both what they are
    one = replace(small, profiles=(*base, *candidate), missing_profiles=())
    page = html.render(one, judge(one))
    assert "CPU flame graphs" in page and "Wall-clock flame graphs, waits included" in page


def test_one_sample_against_none_has_no_colour(small: Comparison) -> None:
    """Fault: one sample against none in bright red. It is grey, and says that it cannot be told from chance."""
    few = {stack: samples // 10 for stack, samples in STACKS.items()}
    once = a_profile_of({**few, "MainThread;main (a.py);rare (e.py)": 1}, "candidate")
    laid_out = flame_of(small, [a_profile_of(few)] * 4, [*[a_profile_of(few, "candidate")] * 3, once])
    rare = box(laid_out, "rare")
    assert (rare.mark, rare.delta) == ("g", "")
    assert "(0 samples)" in rare.said and "(1 sample)" in rare.said
    assert rare.said.endswith("cannot be told from chance")


def test_an_unchanged_frame_is_as_wide_on_both_sides_of_the_difference(small: Comparison) -> None:
    """Fault: unchanged frames distorted by scaling. What another frame grew by takes nothing from them."""
    grown = {**STACKS, "MainThread;main (a.py);decode (b.py)": 1300}
    laid_out = flame_of(small, [a_profile_of(STACKS)] * 4, [a_profile_of(grown, "candidate", cpu_s=15.0)] * 4)
    # append has 1,000 µs on both sides of a difference that is 15,000 µs wide
    assert box(laid_out, "append").both[1] == pytest.approx(100 * 1000 / 15000, abs=0.01)
    assert (box(laid_out, "append").mark, box(laid_out, "decode").mark) == ("g", "m4")


def test_an_empty_side_is_drawn_without_nan(small: Comparison) -> None:
    """Fault: an empty side that gives NaN. Where nothing was stored the page stands, in grey, and says so."""
    nothing = a_profile_of(STACKS, "candidate", stored=0)
    one = replace(
        small, profiles=(*[a_profile_of(STACKS)] * 4, *[nothing] * 4), series=(), missing_profiles=()
    )
    laid_out = flame(one, "acks1", "cpu")
    assert {b.mark for b in laid_out.boxes} == {"g"}
    assert "Nothing was stored while candidate was profiled" in laid_out.notes[0]
    styles = re.findall(r'<i class="f [^>]*style="([^"]*)"', html.render(one, judge(one)))
    assert styles and not any(word in style.lower() for style in styles for word in ("nan", "inf"))


@pytest.mark.parametrize("kind", ["cpu", "wall"])
def test_every_percentage_of_a_flame_graph_says_what_it_is_of(small: Comparison, kind: ProfileKind) -> None:
    """Fault: percentages without a word of what they are of, in what is drawn, said and written below."""
    grown = {**STACKS, "MainThread;main (a.py);decode (b.py)": 1300}
    base = [a_profile_of(STACKS, kind=kind)] * 4
    candidate = [a_profile_of(grown, "candidate", kind=kind, cpu_s=15.0)] * 4
    one = replace(small, profiles=(*base, *candidate), missing_profiles=())
    page = html.render(one, judge(one))
    begin = page.index("CPU flame graphs" if kind == "cpu" else "Wall-clock flame graphs")
    end = min(page.find(after, begin) % len(page) for after in ("<h3>", "All evidence"))
    told = re.sub(r'style="[^"]*"', "", page[begin:end])
    after = [told[m.end() : m.end() + 40] for m in re.finditer(r"%", told)]
    assert after
    for words in after:
        assert re.match(r"\s(of |interval)", words), words
