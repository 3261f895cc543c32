"""The history's page: one file that asks for nothing, shows every series with its changes, and escapes every name."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser

from chronik_perf.model.history import Track
from chronik_perf.report import history_page, history_text
from chronik_perf.stats.history.over_time import findings
from chronik_perf.stats.history.past import Past, past_of
from tests.builders import a_past

EVIL = "<script>alert('v')</script>&\"{{7*7}}"


def page(*pasts: Past) -> str:
    return history_page.render(pasts, findings(pasts))


def test_it_loads_nothing() -> None:
    """Given a history, its page holds no address, no script, and a policy that allows neither."""
    html = page(a_past([100, 88]))
    assert "default-src 'none'" in html
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", html)
    assert (
        "<script" not in html
        and "@import" not in html
        and "http://" not in html.replace("http://www.w3.org/", "")
    )


def test_every_series_has_its_chart_with_its_changes() -> None:
    """Given a series with a loss that stayed and one with a loss that went away, each chart tells them apart."""
    stayed, gone = a_past([100, 88]), a_past([100, 88, 100], name="other")
    html = page(stayed, gone)
    assert html.count("<svg") == 2
    assert re.search(r"<title>v15 \(0+\d+\): 100 → 8\d(\.\d)?, stayed</title>", html)
    assert re.search(r"<title>v15 \(0+\d+\): 100 → 8\d(\.\d)?, went away again</title>", html)
    assert html.count('<section class="finding"') == len(findings((stayed, gone)))
    assert "A loss stayed" in html
    assert "No loss stayed" in page(gone)


def test_values_and_versions_can_be_read_off() -> None:
    """Given a point, its tooltip and its row in the table name the version."""
    html = page(a_past([100, 88]))
    assert re.search(r"<title>v3 \(0+\), 2026-01-01: [\d.]+ msg/s</title>", html)
    assert html.count("<tr><td>v") == 30


def test_names_are_escaped() -> None:
    """Given names that are HTML and templates, they are shown as text everywhere."""
    html = page(a_past([100, 88], evil=EVIL))
    assert "<script>" not in html
    assert "alert(" in html and "&lt;script&gt;" in html
    assert "{{7*7}}" in html


def test_a_history_without_any_change_says_so() -> None:
    """Given one level, the page says that nothing moved; given two values, that they are too few."""
    assert "<h1>Nothing moved</h1>" in page(a_past([100]))
    short = a_past([100])
    few = past_of(Track(short.track.kind, "m", "machine", short.track.readings[:2]))
    assert "Too few values to tell a change" in page(few)
    assert "Nothing moved" not in page(few) and "Nothing moved" not in history_text.render([few], [])


def test_it_opens_in_a_browser_in_light_and_dark(browser: Browser, tmp_path: Path) -> None:
    """Given the page in a browser, nothing is asked for, nothing is complained of, and both schemes differ."""
    file = tmp_path / "page.html"
    file.write_text(page(a_past([100, 88]), a_past([100, 88, 100], name="other")))
    complaints: list[str] = []
    asked: list[str] = []
    grounds = []
    for scheme in ("light", "dark"):
        tab = browser.new_page(color_scheme=scheme, viewport={"width": 1100, "height": 900})  # type: ignore[arg-type]
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(file.as_uri())
        grounds.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        tab.close()
    assert complaints == []
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}
    assert grounds[0] != grounds[1]
