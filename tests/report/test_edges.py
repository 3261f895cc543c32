"""What a report looks like when something is missing: it says so, and stands."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page

from chronik_perf.model import Comparison, MissingProfile, Verdict
from chronik_perf.report import REPORTERS, html, render_report, text
from chronik_perf.stats import judge
from tests.builders import ACKS1, a_comparison


def test_a_folder_gets_every_report_and_nothing_else(report: Path) -> None:
    """All reports lie in the folder under their names, and no half-written file beside them."""
    assert (
        {p.name for p in report.iterdir()}
        == {"report.html", "summary.md", "junit.xml", "verdict.json", "gl-code-quality.json", "metrics.txt"}
        == set(REPORTERS)
    )


def test_no_block_at_all(page: Page, tmp_path: Path) -> None:
    """A comparison that was interrupted before its first block has all reports, and each says so."""
    nothing = replace(a_comparison(blocks=2), blocks=(), series=(), profiles=(), pilots=(), complete=False)
    verdict = judge(nothing)
    render_report(nothing, verdict, tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator(".loud").first.inner_text().startswith("Interrupted")
    assert "no block was finished" in page.locator("#blocks").inner_text()
    assert "Interrupted" in (tmp_path / "summary.md").read_text()
    assert "Interrupted" in text.render(nothing, verdict)


def test_a_setting_stays_on_its_line(small: Comparison) -> None:
    """Given a setting of several lines, one of which a CI system would obey, the text has it on one."""
    base, candidate = (
        replace(target, built_with={"GREETING": greeting})
        for target, greeting in ((small.base, "hi"), (small.candidate, "hi\n::error::forged"))
    )
    loud = replace(small, base=base, candidate=candidate)
    said = text.render(loud, judge(loud)).splitlines()
    assert "  build GREETING: hi → hi ::error::forged" in said


def test_missing_evidence_shows_its_reason(small: Comparison) -> None:
    """Where series or profiles could not be taken, the page says unavailable, and why."""
    bare = replace(
        small,
        series=(),
        profiles=(),
        missing_profiles=(
            MissingProfile("base", "acks1", "cpu", "this user may not attach, ptrace scope 2"),
        ),
    )
    page = html.render(bare, judge(bare))
    assert "this user may not attach, ptrace scope 2" in page
    assert "no series was taken" in page
    assert "no profile was taken" in page


def test_a_profile_of_one_side_is_shown_alone(page: Page, small: Comparison, tmp_path: Path) -> None:
    """With one side profiled there is that side's graph, no difference, and the reason for the other."""
    one = replace(
        small,
        profiles=tuple(p for p in small.profiles if p.side == "base"),
        missing_profiles=(MissingProfile("candidate", "acks1", "cpu", "py-spy went away"),),
    )
    render_report(one, judge(one), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    graph = page.locator("[data-flame]").first
    assert graph.locator(".views label").all_inner_texts() == ["Base"]
    box = graph.locator(".f").first.bounding_box()
    assert box is not None and box["width"] > 500
    assert "candidate: py-spy went away" in page.locator("#workload-1").inner_text()


def test_discarded_blocks_and_dirty_trees_are_loud(page: Page, small: Comparison, tmp_path: Path) -> None:
    """A discarded block is listed with its reason and drawn hollow; a dirty tree is said above everything."""
    dirty = replace(
        small,
        candidate=replace(small.candidate, provenance=replace(small.candidate.provenance, dirty=True)),
        blocks=(replace(small.blocks[0], discarded="a build ran beside it"), *small.blocks[1:]),
    )
    render_report(dirty, judge(dirty), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    assert "Uncommitted changes" in page.locator("#verdict .loud").inner_text()
    assert "Discarded: a build ran beside it" in page.locator("#blocks").inner_text()
    titles = page.locator("#workload-1 figure svg title").all_text_contents()
    assert any(t.startswith("block 0, base: ") and t.endswith(", discarded") for t in titles)
    assert "dirty tree" in (tmp_path / "summary.md").read_text()


def test_unbounded_intervals_and_odd_numbers_are_drawn_within_the_page(small: Comparison) -> None:
    """An interval without end, or from two blocks that disagree wildly, breaks no report."""
    odd = _with_first_effect(judge(small), low=-1.0, high=math.inf)
    for reporter in (*REPORTERS.values(), text.render):
        assert reporter(small, odd)
    page = html.render(small, odd)
    assert "left:inf" not in page and "left:nan" not in page and "width:inf" not in page


@pytest.mark.parametrize("blocks", [1, 2])
def test_few_blocks(blocks: int) -> None:
    """One block has no interval and two hardly one: every report still stands."""
    few = a_comparison(blocks=blocks, slices=2, workloads=(ACKS1,))
    for reporter in (*REPORTERS.values(), text.render):
        assert reporter(few, judge(few))


def _with_first_effect(verdict: Verdict, **changes: float) -> Verdict:
    first, *rest = verdict.rows
    assert first.effect is not None
    return replace(verdict, rows=(replace(first, effect=dataclasses.replace(first.effect, **changes)), *rest))
