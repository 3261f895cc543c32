"""Chains of single calls in flame graphs, folded into one row each: what is hidden, what is not, and the way back."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from chronik_perf.model import Comparison
from chronik_perf.report import render_report
from chronik_perf.stats import judge

FOLD = "Fold chains of single calls"
# Of each frame its title, colour, figure, place, and whether and with which words it is drawn.
FRAMES = """all => all.map(f => ({
  title: f.title, colour: getComputedStyle(f).backgroundColor, figure: f.querySelector('b')?.textContent ?? '',
  grey: f.classList.contains('g'), seen: f.offsetHeight > 0, words: f.innerText,
  place: [f.offsetTop, f.offsetLeft, f.offsetWidth, f.offsetHeight],
}))"""


@pytest.fixture
def graph(page: Page, small_report: Path) -> Locator:
    """Give the CPU graph of the first workload, in an open report."""
    page.goto((small_report / "report.html").as_uri())
    return page.locator("[data-flame=cpu-acks1]")


def test_a_chain_is_one_row_that_names_all_its_frames(graph: Locator) -> None:
    """Frames of which each calls only the next share one row, all inner frames move up, and widths stay."""
    before, height = frames(graph), height_of(graph)
    assert fold(graph).get_attribute("aria-pressed") == "false" and all(f["seen"] for f in before)
    # when chains are folded
    fold(graph).click()
    # then the start of the program is one row, as wide as it was, whose title names its frames
    assert fold(graph).get_attribute("aria-pressed") == "true"
    (start,) = [f for f in seen(graph) if "<module> (" in f["title"]]
    names = "<module> (broker/__main__.py) → main (broker/server.py) → run (uvloop/loop.py), 3 frames: base "
    assert start["title"].startswith(names)
    assert start["place"][1:] == before[2]["place"][1:] and start["place"][0] == before[2]["place"][0]
    # and what it calls stands right below it, in a graph that is lower by the rows that were folded
    called = next(f for f in seen(graph) if f["title"].startswith("propose ("))
    row = start["place"][3]
    assert called["place"][0] == start["place"][0] + row
    assert height_of(graph) <= height - 2 * row
    hidden = len(before) - len(seen(graph))
    folded, rows = (int(n) for n in re.findall(r"\d+", graph.locator(".news").inner_text()))
    assert folded - rows == hidden > 2
    # and once more all is as it was
    fold(graph).click()
    assert (frames(graph), height_of(graph)) == (before, height)
    assert graph.locator(".news").inner_text() == ""


def test_nothing_coloured_is_hidden(graph: Locator) -> None:
    """A coloured frame that is folded has its name, its colour and its figure in the row that stands for it."""
    before = frames(graph)
    fold(graph).click()
    shown = seen(graph)
    hidden = [b for b, now in zip(before, frames(graph), strict=True) if not now["seen"]]
    coloured = [f for f in hidden if not f["grey"]]
    assert coloured and len(coloured) < len(hidden)
    for frame in coloured:
        name = frame["title"].split(" (")[0]
        (row,) = [f for f in shown if frame["title"].split(": ")[0] in f["title"]]
        assert name in row["words"]
        assert (row["colour"], row["figure"]) == (frame["colour"], frame["figure"])
    # and threads are no calls: each has its row
    assert {"all", "MainThread", "wal"} <= {f["title"].split(": ")[0] for f in shown}


def test_a_long_grey_chain_is_told_by_its_ends(page: Page, small: Comparison, tmp_path: Path) -> None:
    """What cannot be told from chance is shortened in its row to the first and the last call, and their number."""
    graph = deep_graph(page, small, tmp_path)
    fold(graph).click()
    row = seen(graph)[-1]
    assert row["grey"] and row["words"].startswith("frame_0 → … → frame_99")
    assert row["words"].endswith("100 frames")
    assert all(f"frame_{d} (deep.py)" in row["title"] for d in range(100))
    # and what is told of it leaves room for the graph
    graph.locator(".f:visible").last.click()
    told = graph.locator(".told").bounding_box()
    assert told is not None and told["height"] < 200


def test_frames_that_take_time_themselves_end_a_chain(page: Page, small: Comparison, tmp_path: Path) -> None:
    """A frame that works by itself, or calls two, is no frame of a chain with what it calls; without any it is said."""
    stacks = {
        "main;a (x.py)": 100,
        "main;a (x.py);b (x.py)": 300,
        "main;c (x.py);d (x.py)": 200,
        "main;c (x.py)": 300,
    }
    alone = replace(small, profiles=tuple(replace(p, stacks=stacks) for p in small.profiles))
    render_report(alone, judge(alone), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    graph = page.locator("[data-flame=cpu-acks1]")
    before = frames(graph)
    fold(graph).click()
    assert frames(graph) == before
    assert graph.locator(".news").inner_text() == "There is no chain of single calls to fold."


def test_the_table_below_stays_as_it_is(graph: Locator) -> None:
    """Folding changes the picture alone: every function has its row in the table, with its own figures."""
    table = graph.locator("table.functions")
    before = table.inner_html()
    fold(graph).click()
    assert table.inner_html() == before


def test_a_search_finds_what_is_folded(page: Page, graph: Locator) -> None:
    """A match within a chain marks the chain's row, counts as ever, and Enter goes there."""
    graph.get_by_role("searchbox").fill("walk")
    said = graph.locator(".news").inner_text()
    # when the two frames are folded into one row
    fold(graph).click()
    assert graph.locator(".f.hit:visible").count() == 1
    assert graph.locator(".news").inner_text() == said
    # then Enter chooses that row, and once more there is no other
    for _ in range(2):
        graph.get_by_role("searchbox").press("Enter")
        assert graph.locator(".f.at:visible").count() == 1
        assert "walk (broker/metadata/raft.py) → walk" in graph.locator(".told .name").inner_text()


def test_zoom_and_choice_pass_to_the_row_that_stands_for_them(graph: Locator) -> None:
    """A zoomed frame that is folded stays zoomed in its chain's row, and is still zoomed when unfolded."""
    graph.locator('.f[title^="_bootstrap "]').click()
    fold(graph).click()
    row = graph.locator(".f.at:visible")
    assert row.count() == 1 and abs(width(row) - width(graph.locator(".flame"))) < 2
    assert graph.locator(".told .name").inner_text().startswith("_bootstrap (threading.py) → commit (")
    # and a click on it goes back
    row.click()
    assert width(row) < width(graph.locator(".flame")) / 2


def test_keys_go_from_row_to_row(page: Page, graph: Locator) -> None:
    """Tab reaches the switch and Space presses it; arrows pass over what is folded, up, down and sideways."""
    fold(graph).focus()
    page.keyboard.press("Space")
    assert fold(graph).get_attribute("aria-pressed") == "true"
    graph.locator(".flame").focus()
    chosen = []
    for key in ("Down", "Down", "Down", "Down", "Right", "Left", "Up", "Up", "Right", "Down"):
        page.keyboard.press(f"Arrow{key}")
        assert graph.locator(".f.at:visible").count() == 1
        chosen.append(graph.locator(".told .name").inner_text().split(" (")[0])
    assert chosen == [
        *("all", "MainThread", "<module>", "data_received", "propose"),
        *("data_received", "<module>", "MainThread", "wal", "_bootstrap"),
    ]


def test_swapped_and_folded_it_is_the_same_either_way_round(graph: Locator) -> None:
    """The two switches do not depend on which was pressed first, and each is taken back alone."""
    swap = graph.get_by_role("button", name="Swap base and candidate")
    swap.click()
    swapped = frames(graph)
    fold(graph).click()
    both = frames(graph)
    for button in (fold(graph), swap, fold(graph), swap):
        button.click()
    assert frames(graph) == both
    fold(graph).click()
    assert frames(graph) == swapped


def test_callers_are_folded_with_the_arrow_from_callee_to_caller(page: Page, small_report: Path) -> None:
    """By callers a chain reads outwards, out to the thread, and the function that takes the time keeps its own row."""
    page.goto((small_report / "report.html").as_uri() + "#flame=callers-acks1&fold=1")
    callers = page.locator("[data-flame=callers-acks1]")
    (row,) = [f for f in seen(callers) if f["title"].startswith("commit (broker/wal/commit.py) ← ")]
    assert row["title"].startswith(
        "commit (broker/wal/commit.py) ← _bootstrap (threading.py) ← wal, 3 frames: "
    )
    assert [
        f["words"].split()[0] for f in seen(callers) if f["place"][0] == row["place"][0] - row["place"][3]
    ]
    # and the other graph is as it was
    assert not page.locator("[data-flame=cpu-acks1] .folded").count()


def test_on_paper_every_frame_has_its_row(page: Page, graph: Locator) -> None:
    """Where nothing can be pointed at, what was folded stands open, with its own words."""
    page.emulate_media(media="print")
    before = frames(graph)
    page.emulate_media(media="screen")
    fold(graph).click()
    page.emulate_media(media="print")
    after = frames(graph)
    assert [(f["words"], f["place"]) for f in after] == [(f["words"], f["place"]) for f in before]


def deep_graph(page: Page, small: Comparison, folder: Path) -> Locator:
    """Open a report in which a stack of 100 frames takes the same on both sides."""
    stack = ";".join(["main", *(f"frame_{d} (deep.py)" for d in range(100))])
    deep = replace(small, profiles=tuple(replace(p, stacks={stack: 900, "main": 90}) for p in small.profiles))
    equal = tuple(replace(p, cpu_s=2.0, stored=10**6) for p in deep.profiles)
    render_report(replace(deep, profiles=equal), judge(deep), folder)
    page.goto((folder / "report.html").as_uri())
    return page.locator("[data-flame=cpu-acks1]")


def fold(graph: Locator) -> Locator:
    return graph.get_by_role("button", name=FOLD)


def frames(graph: Locator) -> list[dict]:  # type: ignore[type-arg]
    return list(graph.locator(".f").evaluate_all(FRAMES))


def seen(graph: Locator) -> list[dict]:  # type: ignore[type-arg]
    return [f for f in frames(graph) if f["seen"]]


def height_of(graph: Locator) -> float:
    box = graph.locator(".flame").bounding_box()
    return float(box["height"]) if box else 0.0


def width(locator: Locator) -> float:
    box = locator.bounding_box()
    return float(box["width"]) if box else 0.0
