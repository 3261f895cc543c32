"""The flame graphs under a reader's hands: zoom, search, shares, and the comparison read the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from chronik_perf.model import Comparison, Side
from chronik_perf.report import render_report
from chronik_perf.stats import judge

OTHER: dict[Side, Side] = {"base": "candidate", "candidate": "base"}


@pytest.fixture
def graph(page: Page, small_report: Path) -> Locator:
    """Give the CPU graph of the first workload, in an open report."""
    page.goto((small_report / "report.html").as_uri())
    return page.locator("[data-flame=cpu-acks1]")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """Give an empty page on a telephone with a touch screen."""
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def test_zooms_into_a_frame_and_back(graph: Locator) -> None:
    """A click widens a frame to the whole graph, its outer frames stay above, and the button resets."""
    whole = _width(graph.locator(".flame"))
    frame = _frame(graph, "produce")
    assert _width(frame) < whole / 2
    # when it is clicked
    frame.click()
    # then it fills the graph below its outer frames
    assert abs(_width(frame) - whole) < 2
    assert abs(_width(_frame(graph, "all")) - whole) < 2
    # and the button goes back
    graph.get_by_role("button", name="Reset zoom").click()
    assert _width(frame) < whole / 2


def test_search_marks_frames_and_sums_them(graph: Locator) -> None:
    """A search dims what does not match and says which share of each side's CPU matches."""
    graph.get_by_role("searchbox").fill("walk")
    assert graph.locator(".f.hit").count() == 2
    # recursion counts once: `walk` in `walk` is 10 of the candidate's 140 parts, and absent from the base
    said = "2 frames match: 0 % of the base's CPU and 7.4 % of the candidate's, per 1,000 stored messages."
    assert graph.locator(".news").inner_text() == said
    # and what is not there is said not to be there
    graph.get_by_role("searchbox").fill("no such function")
    assert graph.locator(".news").inner_text() == "No frame matches."


def test_a_frame_that_one_side_lacks_is_found_but_not_drawn_there(graph: Locator) -> None:
    """In a graph of one side a match of the other side has a share, and no mark on the picture."""
    graph.get_by_text("Base", exact=True).click()
    graph.get_by_role("searchbox").fill("walk")
    assert graph.locator(".news").inner_text().startswith("2 frames match: 0 % of the base's CPU and 7.4 %")
    assert graph.locator(".f.hit").count() == 0


def test_a_frame_tells_its_share_and_of_what(graph: Locator) -> None:
    """A frame under the pointer, and one that was chosen, tells its share of each side's CPU."""
    share = "Share: 45.1 % of the base's CPU and 29.6 % of the candidate's, per 1,000 stored messages."
    # when the pointer is over a frame, and later elsewhere
    _frame(graph, "data_received").hover()
    assert graph.locator(".share").all_inner_texts() == [share]
    graph.get_by_role("searchbox").hover()
    assert graph.locator(".share").count() == 0
    # and when a frame was chosen, it stays
    _frame(graph, "data_received").click()
    graph.get_by_role("searchbox").hover()
    assert graph.locator(".share").all_inner_texts() == [share]


def test_a_frame_within_a_zoomed_one_tells_its_share_of_that_too(graph: Locator) -> None:
    """In a zoomed graph a frame tells its share of the zoomed one; one outside of it has none to tell."""
    _frame(graph, "data_received").click()
    _frame(graph, "decode").hover()
    assert graph.locator(".share").nth(1).inner_text() == (
        "Of the zoomed data_received (broker/connection.py): 64.3 % in the base, 75.0 % in the candidate."
    )
    _frame(graph, "main").hover()
    assert graph.locator(".share").count() == 1


def test_callers_are_unfolded_by_a_link_and_stand_below_what_they_call(
    page: Page, small_report: Path
) -> None:
    """By callers, a function comes first with its own time alone, its callers below it, and the other graph as ever."""
    other = page.locator("[data-flame=cpu-acks1]")
    callers = page.locator("[data-flame=callers-acks1]")
    page.goto((small_report / "report.html").as_uri())
    assert not callers.is_visible()
    # when its graph is asked for
    page.evaluate("location.hash = '#flame=callers-acks1&search=raft'")
    callers.wait_for(state="visible")
    # then it is unfolded, and what a new call spends its time in has that call below it
    said = "2 frames match: 0 % of the base's CPU and 22.2 % of the candidate's, per 1,000 stored messages."
    assert callers.locator(".news").inner_text() == said
    depths = "all => all.map(f => f.style.getPropertyValue('--d'))"
    assert callers.locator(".f.hit").evaluate_all(depths) == ["1", "2"]
    # and what is swapped there is swapped there alone
    before = _told(other)
    callers.get_by_role("button", name="Swap base and candidate").click()
    assert callers.locator(".swapped").is_visible()
    assert _told(other) == before


def test_swapped_it_reads_as_if_the_two_had_been_compared_the_other_way(
    page: Page, small: Comparison, tmp_path: Path
) -> None:
    """Words, signs and colours of a swapped graph are those of a comparison of the candidate with the base."""
    # given a report, and one whose profiles have changed sides
    profiles = tuple(replace(p, side=OTHER[p.side]) for p in small.profiles)
    for name, comparison in (("one", small), ("other", replace(small, profiles=profiles))):
        render_report(comparison, judge(comparison), tmp_path / name)
    page.goto((tmp_path / "other" / "report.html").as_uri())
    other = _told(page.locator("[data-flame=cpu-acks1]"))
    # when the graph of the first is swapped
    page.goto((tmp_path / "one" / "report.html").as_uri())
    graph = page.locator("[data-flame=cpu-acks1]")
    graph.get_by_role("button", name="Swap base and candidate").click()
    # then it tells what the other tells, but for which side has which name
    swapped = _told(graph)
    assert [_renamed(title) for title in swapped["titles"]] == other["titles"]
    assert swapped["deltas"] == other["deltas"]
    assert swapped["colours"] == other["colours"]
    assert swapped["changes"] == other["changes"]
    assert swapped["sentence"] == ["From candidate to base. " + other["sentence"][0]]


def test_a_swap_is_said_and_taken_back(graph: Locator) -> None:
    """What is read the other way round says so, and the same button brings back every word."""
    swap = graph.get_by_role("button", name="Swap base and candidate")
    before = _told(graph)
    assert not graph.locator(".swapped").is_visible()
    # when it is swapped
    swap.click()
    # then caption, legend and button say so
    assert swap.get_attribute("aria-pressed") == "true"
    assert graph.locator(".swapped").is_visible()
    told = "what the base takes more or less than the candidate"
    assert told in graph.locator(".caption.for-both").inner_text()
    assert graph.locator(".flame-legend").inner_text().startswith("base takes less")
    # and a frame's shares name the candidate first
    _frame(graph, "data_received").hover()
    assert (
        "Share: 29.6 % of the candidate's CPU and 45.1 % of the base's" in graph.locator(".told").inner_text()
    )
    # and once more it is as it was
    swap.click()
    assert _told(graph) == before
    assert not graph.locator(".swapped").is_visible()


def test_one_side_alone_has_nothing_to_swap(page: Page, small: Comparison, tmp_path: Path) -> None:
    """With one side profiled there is no swap, and a share is of that side."""
    one = replace(small, profiles=tuple(p for p in small.profiles if p.side == "candidate"))
    render_report(one, judge(one), tmp_path)
    # even where a link asks for it
    page.goto((tmp_path / "report.html").as_uri() + "#flame=cpu-acks1&swap=1")
    graph = page.locator("[data-flame=cpu-acks1]")
    assert graph.get_by_role("button", name="Swap base and candidate").count() == 0
    _frame(graph, "data_received").hover()
    assert graph.locator(".share").inner_text() == (
        "Share: 29.6 % of the candidate's CPU, per 1,000 stored messages."
    )


def test_the_keyboard_alone_does_all_of_it(page: Page, graph: Locator) -> None:
    """Arrows choose a frame, Enter zooms and goes back, Escape resets, / searches and Enter steps through matches."""
    told = graph.locator(".told")
    graph.locator(".flame").focus()
    # when one goes down from the root to the fourth frame, and zooms
    for _ in range(5):
        page.keyboard.press("ArrowDown")
    assert told.inner_text().startswith("run (uvloop/loop.py)")
    for key, name in (
        ("ArrowDown", "data_received"),
        ("ArrowRight", "propose"),
        ("ArrowLeft", "data_received"),
    ):
        page.keyboard.press(key)
        assert told.inner_text().startswith(name)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert abs(_width(_frame(graph, "run")) - _width(graph.locator(".flame"))) < 2
    # then Escape resets it
    page.keyboard.press("Escape")
    assert _width(_frame(graph, "run")) < _width(graph.locator(".flame")) - 10
    # and a slash goes to the search, in which Enter goes from match to match and round
    page.keyboard.press("/")
    page.keyboard.type("write")
    chosen = []
    for _ in range(3):
        page.keyboard.press("Enter")
        chosen.append(told.locator(".name").inner_text())
    assert chosen == ["write (broker/connection.py)", "write (broker/wal/segment.py)", chosen[0]]
    # and Tab goes on to what else can be done, each with a visible focus
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.textContent || document.activeElement.className")
        )
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert reached[:3] == ["Swap base and candidate", "Fold chains of single calls", "Copy link"]
    assert page.evaluate("document.activeElement.className") == "flame"


def test_a_telephone_zooms_by_a_tap_and_does_not_scroll_sideways(phone: Page, small_report: Path) -> None:
    """On a narrow touch screen all tools are within the page, a tap zooms, and rows are as high as a finger needs."""
    phone.goto((small_report / "report.html").as_uri())
    graph = phone.locator("[data-flame=cpu-acks1]")
    graph.get_by_role("button", name="Swap base and candidate").tap()
    graph.get_by_role("searchbox").fill("w")
    frame = _frame(graph, "data_received")
    box = frame.bounding_box()
    assert box is not None and box["height"] >= 24
    # when a frame is tapped
    frame.tap()
    # then it fills the width, and the page does not scroll sideways
    assert abs(_width(frame) - _width(graph.locator(".flame"))) < 2
    assert "Share: 29.6 % of the candidate's CPU" in graph.locator(".told").inner_text()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    for tool in graph.locator(".tools > *:visible").all():
        place = tool.bounding_box()
        assert place is not None and place["x"] >= 0 and place["x"] + place["width"] <= 390


def test_without_a_script_nothing_offers_what_only_a_script_does(
    browser: Browser, small_report: Path
) -> None:
    """Where no script runs there is no search, no button, and no word of keys."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((small_report / "report.html").as_uri())
    graph = page.locator("[data-flame=cpu-acks1]")
    assert graph.locator(".flame").is_visible()
    for part in (".tools", ".keys", ".hint", ".swapped"):
        assert not graph.locator(part).is_visible()
    context.close()


def _frame(graph: Locator, function: str) -> Locator:
    return graph.locator(f'.f[title^="{function} ("], .f[title^="{function}: "]').first


def _width(locator: Locator) -> float:
    box = locator.bounding_box()
    return float(box["width"]) if box else 0.0


def _told(graph: Locator) -> dict[str, list[str]]:
    """Give what a graph tells: words of all frames, their figures and colours, and the changes below it."""
    return {
        "titles": graph.locator(".f").evaluate_all("all => all.map(f => f.title)"),
        "deltas": graph.locator(".f b").all_text_contents(),
        "colours": graph.locator(".f").evaluate_all(
            "all => all.map(f => getComputedStyle(f).backgroundColor)"
        ),
        "changes": graph.locator(
            "tbody td:nth-child(4), tbody td:nth-child(5), tbody td:nth-child(7)"
        ).all_text_contents(),
        "sentence": graph.locator("p", has_text="per 1,000 stored messages:").all_text_contents(),
    }


def _renamed(title: str) -> str:
    return title.replace("base ", "\0").replace("candidate ", "base ").replace("\0", "candidate ")
