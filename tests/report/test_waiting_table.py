"""Where threads wait, on the page: a table below the wall-clock graph, base beside candidate."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import Page

from chronik_perf.model import Comparison, Unavailable
from chronik_perf.report import html
from chronik_perf.stats import judge


def test_kinds_of_waiting_stand_below_the_wall_clock_graph(page: Page, small: Comparison) -> None:
    """Each thread's kinds have their row with change, interval and a word, and idle threads are named below."""
    page.set_content(html.render(small, judge(small)))
    table = page.locator("table.waits")
    assert table.count() == 1
    rows = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    told = {(thread, kind): rest for thread, kind, *rest in rows}
    slept, locked = told["wal", "sleep"], told["wal", "lock or queue"]
    assert (slept[0], slept[-1]) == ("0 µs", "grew")
    assert (locked[1], locked[-1]) == ("0 µs", "shrank")
    assert slept[4:6] == ["0 %", "92 %"]
    assert ("MainThread", "work") in told
    assert "In one state all the time, on both sides: metrics (event loop idle)" in page.inner_text("body")


def test_without_looks_the_table_is_unavailable_with_the_reason(small: Comparison) -> None:
    """Where the threads of a side could not be looked at, the reason stands in the table's place."""
    refused = replace(
        small,
        profiles=tuple(
            replace(p, waits=Unavailable("this user may not see where its threads wait"))
            for p in small.profiles
        ),
    )
    page = html.render(refused, judge(refused))
    assert "base: this user may not see where its threads wait" in page
    assert 'class="plain waits"' not in page
