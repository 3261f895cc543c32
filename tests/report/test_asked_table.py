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


def asked_of(small: Comparison, all_told: dict[Side, dict[ProbeName, list[Measured]]]) -> str:
    """Give the page of a run whose starts told these values."""
    probes = tuple(
        Probe(side, start, {name: values[start] for name, values in told.items() if start < len(values)})
        for side, told in all_told.items()
        for start in range(3)
    )
    asked = replace(small, probes=probes)
    return html.render(asked, judge(asked))


def test_each_thing_asked_has_a_row_that_says_whether_it_differs(page: Page, small: Comparison) -> None:
    """Given starts that told what differs, what does not, what is too little and nothing, each is said."""
    page.set_content(asked_of(small, TOLD))
    rows = {
        cells[0]: cells[1:]
        for row in page.locator("#asked tbody tr").all()
        if (cells := [(cell.text_content() or "").strip() for cell in row.locator("td").all()])[0]
    }
    assert rows["Replies out of the order of their requests"] == [
        "0 replies",
        "3 replies",
        "–",
        "worse",
        "3, 3",
    ]
    seek = rows["A fetch amid what is stored"]
    assert (seek[:2], seek[3:]) == (["0.203 ms", "8 ms"], ["worse", "3, 3"])
    assert seek[2].startswith("39.4-fold (")
    assert rows["A new connection's first answer"][3] == "no"
    assert rows["A start on what is stored"][2:4] == ["+0.4 %", "not told: too few starts"]
    assert rows["A new topic, until it can be written to"][1:] == ["–", "–", "not told", "3, 0"]
    assert rows["Messages missing after a restart"] == ["0 msg", "–", "–", "not told", "3, 0"]


def test_what_differs_or_is_far_apart_is_seen_at_once(page: Page, small: Comparison) -> None:
    """Given two starts that are 180-fold apart, too few for a test, they stand with what differs, the rest folded."""
    told = {
        side: {**values, "beside_slow": [0.5, 0.5] if side == "base" else [90.0, 91.0]}
        for side, values in TOLD.items()
    }
    page.set_content(asked_of(small, told))
    seen = [row.inner_text() for row in page.locator("#asked tbody tr").all() if row.is_visible()]
    assert [line.split("\t")[0] for line in seen] == [
        "Replies out of the order of their requests",
        "A fetch amid what is stored",
        "A quick request beside another client's waiting fetch",
    ]
    assert "181-fold" in seen[-1] and "too few starts" in seen[-1]
    page.locator("#asked summary").click()
    assert page.get_by_text("A new connection's first answer").is_visible()
