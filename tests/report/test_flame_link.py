"""A link that keeps the view: the address follows what is shown of a flame graph, and opening it shows that again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from chronik_perf.model import Comparison
from chronik_perf.report import render_report
from chronik_perf.stats import judge

NOT_OURS = (
    "#flame=",
    "#flame=no-such-graph&view=base",
    "#flame=cpu-acks1&view=no-such-view&zoom=no;such;frame&frame=12&swap=yes&fold=yes",
    "#flame=cpu-acks1&zoom=%E0%A4%A&view=%00&search=",
    "#flame=__proto__&zoom=constructor",
    "#flame=cpu-acks1%22%5D,*&zoom=%3Cimg%20src=x%20onerror=document.title='pwned'%3E",
    "#&&&===",
)


def test_the_address_keeps_the_view_and_a_new_page_shows_it(
    browser: Browser, page: Page, small_report: Path
) -> None:
    """View, zoomed and chosen frame, search, swap and fold: a colleague who opens the address sees it all at once."""
    # given a graph of which everything was changed
    page.goto((small_report / "report.html").as_uri())
    graph = _graph(page)
    graph.get_by_text("Difference, candidate's shape").click()
    graph.get_by_role("button", name="Swap base and candidate").click()
    graph.get_by_role("button", name="Fold chains of single calls").click()
    graph.locator('.f:visible[title*="run (uvloop"]').click()
    page.keyboard.press("ArrowDown")
    graph.get_by_role("searchbox").fill("walk & <b>wal</b>; 100 %")
    graph.get_by_role("searchbox").fill("walk")
    before = _shown(graph)
    # when its address is opened in a new page
    other = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    other.goto(page.url)
    # then it shows the same, and stands there without scrolling
    assert _shown(_graph(other)) == before
    chosen = "data_received (broker/connection.py) → produce (broker/produce.py), 2 frames"
    assert before["chosen"] == chosen and before["view"] == "to-candidate"
    assert before["turned"] and before["folded"]
    box = _graph(other).locator(".flame").bounding_box()
    assert box is not None and box["y"] > 0 and box["y"] + box["height"] < 900
    # and keys go on where they were
    other.keyboard.press("ArrowUp")
    assert "run (uvloop/loop.py), 3 frames" in _graph(other).locator(".told .name").inner_text()
    # and the other graphs are as ever
    assert other.locator(".flames .turned, .flames .searching").count() == 1
    other.close()


def test_a_frame_deep_down_a_tall_graph_is_scrolled_to(page: Page, small: Comparison, tmp_path: Path) -> None:
    """On a screen that a graph is too tall for, a link to a frame, and keys that choose one, bring it into sight."""
    # given a stack that no screen holds
    stack = ";".join(["main", *(f"frame_{d} (deep.py)" for d in range(100))])
    deep = replace(small, profiles=tuple(replace(p, stacks={stack: 900, "main": 90}) for p in small.profiles))
    render_report(deep, judge(deep), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    # when its innermost frame is found by a search
    graph = _graph(page)
    graph.get_by_role("searchbox").fill("frame_99")
    page.keyboard.press("Enter")
    # then it stands above what is told of it, and does so where the link is opened
    for _ in range(2):
        frame = graph.locator(".f.at").bounding_box()
        told = graph.locator(".told").bounding_box()
        assert frame is not None and told is not None
        assert 40 < frame["y"] < told["y"] - frame["height"] + 1 and told["y"] + told["height"] <= 901
        address = page.url
        page.goto("about:blank")
        page.goto(address)


def test_the_address_names_a_frame_by_its_path(page: Page, small_report: Path) -> None:
    """A zoomed frame stands in the address by the names that lead to it, so that a report made anew understands it."""
    page.goto((small_report / "report.html").as_uri())
    _graph(page).locator('.f[title^="_bootstrap "]').click()
    said = page.evaluate("Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")
    assert said == {"flame": "cpu-acks1", "zoom": "all;wal;_bootstrap (threading.py)"}
    # and what was taken back is no longer in it
    _graph(page).get_by_role("button", name="Reset zoom").click()
    page.keyboard.press("ArrowUp")
    said = page.evaluate("Object.fromEntries(new URLSearchParams(location.hash.slice(1)))")
    assert said == {"flame": "cpu-acks1", "frame": "all;wal"}


def test_looking_around_leaves_the_way_back_alone(page: Page, small_report: Path) -> None:
    """However much is changed, Back leads to where the reader came from."""
    page.goto((small_report / "report.html").as_uri())
    steps = page.evaluate("history.length")
    for function in ("main ", "run ", "data_received "):
        _graph(page).locator(f'.f[title^="{function}"]').click()
    assert page.evaluate("history.length") == steps


def test_an_address_that_nobody_knows_changes_nothing(page: Page, small_report: Path) -> None:
    """Whatever is written behind the #, the page shows what it always shows, and nothing breaks or runs."""
    # given the graph as it is without an address
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda message: broken.append(message.text))
    page.goto((small_report / "report.html").as_uri())
    before, title = _shown(_graph(page)), page.title()
    for address in NOT_OURS:
        # when a page is opened at such an address
        page.goto("about:blank")
        page.goto((small_report / "report.html").as_uri() + address)
        # then it is no different
        assert _shown(_graph(page)) == before, address
        assert (page.title(), broken) == (title, []), address


def test_sections_keep_their_anchors(page: Page, small_report: Path) -> None:
    """An address that names a section leads there, also from within and after a graph was looked at."""
    page.goto((small_report / "report.html").as_uri() + "#blocks")
    assert page.locator("#blocks h2").is_visible() and _top(page, "#blocks") < 200
    # when a graph is looked at, and then a section chosen above
    _graph(page).locator('.f[title^="run "]').click()
    assert page.url.endswith("%29") and "#flame=" in page.url
    shown = _shown(_graph(page))
    page.locator("nav").get_by_text("Verdict").click()
    # then the page is at the section, and the graph as it was
    assert page.url.endswith("#verdict") and -5 < _top(page, "#verdict") < 200
    assert _shown(_graph(page)) == shown
    # and the way back leads to the graph
    page.go_back()
    assert "#flame=" in page.url
    assert _shown(_graph(page)) == shown


def test_a_link_followed_in_an_open_page_is_shown(page: Page, small_report: Path) -> None:
    """An address that is put into the open page takes its graph there, and takes back what it does not name."""
    page.goto((small_report / "report.html").as_uri())
    _graph(page).get_by_role("button", name="Swap base and candidate").click()
    page.evaluate("location.hash = '#flame=cpu-acks1&view=base&search=commit'")
    page.wait_for_function(
        "document.querySelector('[data-flame=cpu-acks1] input[type=search]').value === 'commit'"
    )
    shown = _shown(_graph(page))
    assert (shown["view"], shown["turned"], shown["hits"]) == ("base", False, 2)


def test_the_button_copies_the_link(browser: Browser, small_report: Path) -> None:
    """The button puts the address of the view on the clipboard, and says what of it works elsewhere."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"], reduced_motion="reduce")
    page = context.new_page()
    page.goto((small_report / "report.html").as_uri())
    _graph(page).get_by_text("Base", exact=True).click()
    _graph(page).get_by_role("button", name="Copy link").click()
    page.wait_for_function("document.querySelector('[data-flame=cpu-acks1] .news').textContent !== ''")
    assert _graph(page).locator(".news").inner_text().startswith("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert page.url == (small_report / "report.html").as_uri() + "#flame=cpu-acks1&view=base"
    context.close()


def test_a_browser_that_lets_no_page_copy_is_told_where_the_link_is(page: Page, small_report: Path) -> None:
    """Without a clipboard the button points to the address bar."""
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto((small_report / "report.html").as_uri())
    _graph(page).get_by_role("button", name="Copy link").click()
    assert "the address of this page is the link" in _graph(page).locator(".news").inner_text()
    assert page.url.endswith("#flame=cpu-acks1")


def _graph(page: Page) -> Locator:
    return page.locator("[data-flame=cpu-acks1]")


def _top(page: Page, selector: str) -> float:
    return float(page.locator(selector).evaluate("part => part.getBoundingClientRect().top"))


def _shown(graph: Locator) -> dict[str, object]:
    """Give all of a graph that a reader sees and can change."""
    return {
        "view": graph.locator("input[type=radio]:checked").input_value(),
        "search": graph.get_by_role("searchbox").input_value(),
        "hits": graph.locator(".f.hit").count(),
        "turned": graph.locator(".turned").count() > 0,
        "folded": graph.locator(".folded").count() > 0,
        "chosen": "; ".join(graph.locator(".told .name").all_inner_texts()),
        "told": graph.locator(".told").inner_text(),
        "news": graph.locator(".news").inner_text(),
        "places": graph.locator(".f").evaluate_all(
            "all => all.map(f => [f.offsetTop, f.offsetLeft, f.offsetWidth, f.title, "
            "getComputedStyle(f).backgroundColor])"
        ),
    }
