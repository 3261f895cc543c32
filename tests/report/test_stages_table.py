"""The account of a produce on the page: stage by stage to what the client saw."""

from __future__ import annotations

from playwright.sync_api import Page

from chronik_perf.model import Comparison
from chronik_perf.report import html
from chronik_perf.stats import judge
from tests.builders import ACKS0, a_comparison


def test_the_last_lines_are_what_is_left_over_and_what_the_client_saw(page: Page, small: Comparison) -> None:
    """Below the stages stand the left-over and the client's response time, and both columns add up to it."""
    page.set_content(html.render(small, judge(small)))
    stages = page.locator("table.stages tbody tr").all()
    below = page.locator("table.stages tfoot tr").all()
    assert len(stages) == 5
    assert [row.locator("td").first.inner_text() for row in below] == [
        "Left over",
        "Response time, as the client saw it",
    ]
    for column in (2, 3):
        parts = [_ms(row.locator("td").nth(column).inner_text()) for row in [*stages, below[0]]]
        assert abs(sum(parts) - _ms(below[1].locator("td").nth(column).inner_text())) < 0.1


def test_without_acknowledgements_the_left_over_is_unavailable(page: Page) -> None:
    """At acks=0 the table has stages only, and the reason stands below it."""
    one = a_comparison(blocks=4, workloads=(ACKS0,), evidence=False)
    page.set_content(html.render(one, judge(one)))
    assert page.locator("table.stages tfoot").count() == 0
    assert "acks=0 has no acknowledgement to time" in page.locator("#workload-1").inner_text()


def _ms(text: str) -> float:
    number, unit = text.split()[:2]
    return float(number) * {"ms": 1.0, "µs": 1e-3, "s": 1e3}[unit]
