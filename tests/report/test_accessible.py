"""For everyone: axe-core finds nothing, and whoever has no mouse sees where they are and reaches all there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from chronik_perf import resources
from tests.report.screens import LAPTOP, OPEN_ALL, PHONE

TEMPLATES = Path(resources.folder("templates"))
# The radio buttons of a graph's views are hidden themselves; what is outlined for them is the row of their labels.
OUTLINED = """() => {
  const at = document.activeElement;
  const shown = at.type === 'radio' ? at.parentElement.querySelector('.views') : at;
  const style = getComputedStyle(shown);
  return at === document.body ? null : [at.outerHTML.slice(0, 90), style.outlineStyle, parseFloat(style.outlineWidth)];
}"""
OUT_OF_REACH = """() => [...document.querySelectorAll('body *')].filter(one =>
  one.scrollWidth > one.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(one).overflowX)
  && one.checkVisibility() && one.tabIndex < 0 && !one.querySelector('a, button, input, [tabindex]')
).map(one => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize(
    ("scheme", "width", "view"),
    [
        ("light", LAPTOP, "both"),
        ("light", PHONE, "both"),
        ("dark", LAPTOP, "to-base"),
        ("dark", PHONE, "candidate"),
    ],
)
def test_axe_finds_nothing_in_the_report(
    browser: Browser, report: Path, small_report: Path, scheme: str, width: int, view: str
) -> None:
    """Light and dark, wide and narrow, with each kind of flame graph and all that is folded away opened.

    What is paler than it may be is so on any screen: narrow, the page of one workload shows what the width changes.
    """
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page.goto(((report if width == LAPTOP else small_report) / "report.html").as_uri())
    page.evaluate(OPEN_ALL)
    chosen = f"input[type=radio][value={view}]"
    page.evaluate(f"document.querySelectorAll('{chosen}').forEach(one => one.checked = true)")
    assert page.locator(f"{chosen}:checked").count() > 0
    assert violations(page) == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_graph_in_use(browser: Browser, small_report: Path, scheme: str) -> None:
    """A graph that is zoomed into, searched or folded can be read: what steps back is no paler than that."""
    page = browser.new_page(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto((small_report / "report.html").as_uri())
    page.evaluate(OPEN_ALL)
    page.locator("[data-flame=cpu-acks1]").locator(".f", has_text="produce").first.click()
    page.locator("[data-flame=callers-acks1]").get_by_role("searchbox").fill("raft")
    page.locator("[data-flame=wall-acks1]").get_by_role("button", name="Fold chains of single calls").click()
    assert page.locator(".f.outer").count() > 0 and page.locator(".f.hit").count() > 0
    assert page.locator(".folded .f.within").count() > 0
    assert violations(page) == []
    page.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", PHONE), ("dark", LAPTOP)])
def test_axe_finds_nothing_in_the_history(browser: Browser, history: Path, scheme: str, width: int) -> None:
    """The page of a history is held to the same, with its tables of values opened."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(history.as_uri())
    page.evaluate(OPEN_ALL)
    assert violations(page) == []
    page.close()


def test_axe_does_find_what_is_wrong(page: Page) -> None:
    """A page with pale text and a nameless table that scrolls shows that the tests above can fail."""
    page.set_content(
        "<html lang=en><title>t</title><main><h1 style='color:#ccc;background:#fff'>Pale</h1>"
        "<div style='overflow:auto;width:50px;white-space:nowrap'>no key reaches the rest of this line</div></main>"
    )
    found = " ".join(violations(page))
    assert "color-contrast" in found and "scrollable-region-focusable" in found


@pytest.mark.parametrize("which", ["report", "history"])
def test_the_first_key_skips_to_the_contents(page: Page, report: Path, history: Path, which: str) -> None:
    """The first Tab shows a link that leads past the navigation, which nobody else sees."""
    page.goto((report / "report.html").as_uri() if which == "report" else history.as_uri())
    link = page.locator(".skip")
    assert _left(page) < 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip" and _left(page) == 0
    assert link.inner_text().startswith("Skip to")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_stop_of_the_tab_key_is_seen(page: Page, report: Path) -> None:
    """Wherever Tab stops, from the first link to the last table, an outline shows it."""
    page.goto((report / "report.html").as_uri())
    page.evaluate(OPEN_ALL)
    stops: list[str] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        at = page.evaluate(OUTLINED)
        if at is None:
            break
        element, style, width = at
        assert style != "none" and width >= 1, element
        stops.append(element)
    assert any("Search frames" in s for s in stops) and any('class="flame"' in s for s in stops)
    assert sum('class="scroll"' in s for s in stops) == page.locator(".scroll").count()


@pytest.mark.parametrize("which", ["report", "history"])
def test_whatever_scrolls_can_be_scrolled_with_keys(
    page: Page, report: Path, history: Path, which: str
) -> None:
    """On a telephone wide tables and charts scroll within themselves, and each can be focused."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto((report / "report.html").as_uri() if which == "report" else history.as_uri())
    page.evaluate(OPEN_ALL)
    assert page.evaluate(OUT_OF_REACH) == []


def test_whatever_may_scroll_has_a_name_and_a_stop() -> None:
    """Given all templates, also what few reports show, every box that may scroll has a tab stop and a name."""
    boxes = [
        box for t in TEMPLATES.glob("*.j2") for box in re.findall(r'<div class="scroll"[^>]*>', t.read_text())
    ]
    assert len(boxes) > 10
    assert [box for box in boxes if 'tabindex="0"' not in box or "aria-label=" not in box] == []


def violations(page: Page) -> list[str]:
    """Give what axe-core objects to, of whatever impact: rule, impact, and the first elements."""
    found = Axe().run(page).response["violations"]
    return [f"{v['id']} ({v['impact']}): {[n['html'][:120] for n in v['nodes'][:3]]}" for v in found]


def _left(page: Page) -> float:
    box = page.locator(".skip").bounding_box()
    assert box is not None
    return float(box["x"])
