"""One page for every screen and for paper: nothing is cut off on a telephone, on a wall, or in print."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.report.screens import LAPTOP, OPEN_ALL, PHONE, WALL

A4_PX = 718  # the width that a browser's usual margins leave of a sheet
BEYOND = """width => [...document.querySelectorAll('main *')].filter(one =>
  one.checkVisibility() && !one.closest('svg, .flame, .iv') && one.getBoundingClientRect().right > width + 1
).map(one => `${one.outerHTML.slice(0, 90)} ends at ${one.getBoundingClientRect().right}`)"""


@pytest.mark.parametrize("width", [320, PHONE, 768, LAPTOP, 1920, WALL])
def test_no_screen_scrolls_sideways(page: Page, report: Path, width: int) -> None:
    """From a small telephone to a wall the page is as wide as the screen, all tables opened."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((report / "report.html").as_uri())
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_was_decided_is_whole_on_a_telephone(page: Page, report: Path) -> None:
    """Each row's word, change and interval are on the narrow screen, and nothing of them has to be scrolled to."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto((report / "report.html").as_uri())
    cells = page.locator(".decided td")
    boxes = [b for i in range(cells.count()) if (b := cells.nth(i).bounding_box()) is not None]
    assert len(boxes) > 40
    assert max(b["x"] + b["width"] for b in boxes) <= PHONE
    assert page.locator(".decided td[data-what=change]").first.inner_text().startswith("−9")


def test_what_moved_is_whole_on_a_telephone(page: Page, history: Path) -> None:
    """The findings of a history are read on a narrow screen without scrolling sideways, the page or a table."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto(history.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    tables = page.locator(".finding .scroll")
    assert tables.count() == 2
    assert tables.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")


def test_a_wall_gets_larger_type_and_charts(page: Page, report: Path) -> None:
    """On a screen that is read from afar type, charts and flame graphs grow; a laptop has the reader's own size."""
    page.goto((report / "report.html").as_uri())
    sizes = []
    for width in (LAPTOP, WALL):
        page.set_viewport_size({"width": width, "height": 1000})
        sizes.append(
            page.evaluate(
                "['h1', '.lead', 'figure svg', '.flame', '.flame .f'].map("
                "one => document.querySelector(one).getBoundingClientRect().height)"
            )
        )
        if width == LAPTOP:
            assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "16px"
    assert all(wall > laptop for laptop, wall in zip(*sizes, strict=True))


def test_paper_has_what_is_folded_away(page: Page, report: Path) -> None:
    """In print what is folded stands open, but for equal settings; what only a screen can use is gone; a table fits."""
    # given a page whose tables are folded away
    page.set_viewport_size({"width": A4_PX, "height": 1000})
    page.goto((report / "report.html").as_uri())
    folded = "[...document.querySelectorAll('details:not(.same) table')].map(one => one.checkVisibility())"
    assert set(page.evaluate(folded)) == {False}
    # when it is printed
    page.emulate_media(media="print")
    # then they are there, and whole
    assert set(page.evaluate(folded)) == {True}
    assert not page.locator("details.same table").first.is_visible()
    assert page.evaluate(BEYOND, A4_PX) == []
    assert not page.locator(".top").is_visible() and not page.get_by_role("searchbox").first.is_visible()
    assert page.locator(".caption.for-both").first.is_visible()


def test_paper_is_white_whatever_the_screen_is(page: Page, report: Path) -> None:
    """A reader whose screen is dark prints dark ink on white, in the charts too."""
    page.goto((report / "report.html").as_uri())
    inks = []
    for media, scheme in (("screen", "dark"), ("print", "dark"), ("print", "light")):
        page.emulate_media(media=media, color_scheme=scheme)  # type: ignore[arg-type]
        inks.append(
            page.evaluate(
                "[getComputedStyle(document.body).backgroundColor,"
                " getComputedStyle(document.querySelector('h1')).color,"
                " getComputedStyle(document.querySelector('figure svg text')).fill]"
            )
        )
    assert inks[1] == inks[2] != inks[0]
    assert inks[1][0] == "rgb(255, 255, 255)"


def test_a_telephone_gets_wide_charts_drawn_for_it(page: Page, report: Path) -> None:
    """A wide chart is whole on a narrow screen, with labels of a size that can be read; a laptop has the wide one."""
    page.goto((report / "report.html").as_uri())
    shown = {}
    for width in (PHONE, LAPTOP):
        page.set_viewport_size({"width": width, "height": 800})
        shown[width] = page.evaluate(
            "[...document.querySelectorAll('figure.wide:has(svg)')].map(one => [one.scrollWidth - one.clientWidth,"
            " [...one.querySelectorAll('svg')].filter(svg => svg.checkVisibility()).map("
            "svg => svg.querySelector('text').getBoundingClientRect().height)])"
        )
    assert len(shown[PHONE]) >= 3
    for beyond, heights in [*shown[PHONE], *shown[LAPTOP]]:
        assert beyond <= 0 and len(heights) == 1 and heights[0] >= 9


def test_tables_that_explain_show_their_figures_on_a_telephone(page: Page, report: Path) -> None:
    """What was counted, stages, waits and functions are cards there, whose every figure says what it is."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto((report / "report.html").as_uri())
    page.evaluate(OPEN_ALL)
    for name in (
        "Messages counted",
        "Time per stage",
        "Where threads wait",
        "Functions whose own time changed most",
    ):
        table = page.get_by_role("group", name=name).first
        assert table.evaluate("one => one.scrollWidth <= one.clientWidth"), name
        figures = table.locator("td.n")
        assert figures.count() > 4, name
        assert figures.evaluate_all("all => all.every(one => one.dataset.what)"), name


@pytest.mark.parametrize("width", [1024, LAPTOP])
def test_waits_and_functions_are_whole_on_a_laptop(page: Page, report: Path, width: int) -> None:
    """Neither table has to be scrolled to its last column, which says whether a row may be chance."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto((report / "report.html").as_uri())
    page.evaluate(OPEN_ALL)
    for name in ("Where threads wait", "Functions whose own time changed most"):
        tables = page.get_by_role("group", name=name)
        assert tables.count() > 0
        beyond = tables.evaluate_all("all => all.map(one => one.scrollWidth - one.clientWidth)")
        assert max(beyond) <= 0, name
