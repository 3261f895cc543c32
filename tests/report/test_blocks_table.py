"""Blocks, canaries and what the pilot planned, as the page says them."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import Page

from chronik_perf.model import Pilot
from chronik_perf.report import html
from chronik_perf.stats import judge
from tests.builders import ACKS0, a_comparison


def test_units_stand_in_the_head_and_figures_are_a_persons(page: Page) -> None:
    """Canaries have their unit once, quiet is said in µs, and acks=0, which nothing answers, has no round trip."""
    pilot = Pilot("acks0", (0.0, 0.0), (1.38e-05, 0.0042), 0.1, True)
    one = replace(a_comparison(blocks=4, workloads=(ACKS0,), evidence=False), pilots=(pilot,))
    page.set_content(html.render(one, judge(one)))
    blocks = page.get_by_role("group", name="Blocks")
    assert "CPU loop, ms" in blocks.locator("th").all_inner_texts()
    canaries = blocks.locator("td.canary").all_inner_texts()
    assert len(canaries) == 12 and not any("s" in text for text in canaries)
    planned = page.get_by_role("group", name="What the pilot planned").locator("td").all_inner_texts()
    assert planned[1:3] == ["–", "13.8 µs, 4.2 ms"]
