"""What starts were asked beside their load, on the page."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import Page

from chronik_perf.model import Comparison, Measured, Probe, ProbeName, Side, Unavailable
from chronik_perf.report import html
from chronik_perf.stats import judge

TOLD: dict[Side, dict[ProbeName, list[Measured]]] = {
    "base": {
        "misordered": [0.0, 0.0, 0.0],
        "seek": [0.2, 0.21, 0.2],
        "connection": [0.3, 0.31, 0.3],
        "restart_time": [0.4, 0.4, 0.41],
        "topic_creation": [4.0, 4.0, 4.1],
        "restart_lost": [0.0, 0.0, 0.0],
    },
    "candidate": {
        "misordered": [0.0, 2.0, 1.0],
        "seek": [8.0, 8.1, 7.9],
        "connection": [0.3, 0.3, 0.31],
        "restart_time": [0.4, 0.41],
        "topic_creation": [Unavailable("it refused")] * 3,
        "restart_lost": [Unavailable("it was killed")] * 3,
    },
}


def test_each_thing_asked_has_a_row_that_says_whether_it_differs(page: Page, small: Comparison) -> None:
    """Given starts that told what differs, what does not, what is too little and nothing, each is said."""
    probes = tuple(
        Probe(side, start, {name: values[start] for name, values in told.items() if start < len(values)})
        for side, told in TOLD.items()
        for start in range(3)
    )
    asked = replace(small, probes=probes)
    page.set_content(html.render(asked, judge(asked)))
    rows = {
        cells[0]: cells[1:]
        for row in page.locator("#asked tbody tr").all()
        if (cells := [cell.inner_text() for cell in row.locator("td").all()])[0]
    }
    assert rows["Replies out of the order of their requests"] == [
        "0 replies",
        "3 replies",
        "–",
        "yes",
        "3, 3",
    ]
    seek = rows["A fetch amid what is stored"]
    assert (seek[:2], seek[3:]) == (["0.203 ms", "8 ms"], ["yes", "3, 3"])
    assert seek[2].startswith("39.4-fold (")
    assert rows["A new connection's first answer"][3] == "no"
    assert rows["A start on what is stored"][2:4] == ["–", "not told"]
    assert rows["A new topic, until it can be written to"][1:] == ["–", "–", "not told", "3, 0"]
    assert rows["Messages missing after a restart"] == ["0 msg", "–", "–", "not told", "3, 0"]
    assert page.get_by_text("candidate: it refused").count() == 1
    assert page.locator("nav a[href='#asked']").count() == 1


def test_without_probes_there_is_no_such_part(page: Page, small: Comparison) -> None:
    """Given a run without evidence, nothing was asked, and nothing is shown of it."""
    unasked = replace(small, probes=())
    page.set_content(html.render(unasked, judge(unasked)))
    assert page.locator("#asked, nav a[href='#asked']").count() == 0
