"""The HTML report in a real browser: whole without a network, readable without a script, safe with hostile names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from chronik_perf.model import Cause, Comparison, Share, Verdict
from chronik_perf.report import render_report
from chronik_perf.stats import judge
from tests.builders import ACKS1, a_pair_of_equals

HOSTILE = "</script><img src=x onerror=document.title='pwned'>\x00"


def test_opens_with_nothing_but_its_own_file(page: Page, report: Path) -> None:
    """The page asks for its own file and nothing else, and the console stays silent."""
    # given a page whose every request and message is noted
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    # when the report is opened
    page.goto((report / "report.html").as_uri())
    page.wait_for_load_state("networkidle")
    # then it was all there
    assert [r for r in requests if not r.startswith("data:")] == [(report / "report.html").as_uri()]
    assert said == []


def test_the_verdict_comes_first(page: Page, report: Path, verdict: Verdict) -> None:
    """Headline, explanation and the outcome are seen without scrolling; the headline is the verdict's own."""
    page.goto((report / "report.html").as_uri())
    assert " ".join(page.locator("h1").inner_text().split()) == verdict.headline
    assert page.locator(".pill").inner_text().endswith("Regression")
    assert "A batch now waits 11.3 ms for its commit" in " ".join(
        page.locator("#verdict").inner_text().split()
    )
    assert "1 task is spawned per batch instead of none" in page.locator("#verdict").inner_text()
    box = page.locator("h1").bounding_box()
    assert box is not None and box["y"] + box["height"] < 900


def test_every_clause_leads_to_its_figure(page: Page, tmp_path: Path, regression: Comparison) -> None:
    """Each link of the first paragraphs leads to an element of the page that is then in view, unfolded if need be."""
    # given the incident with an answer of perf explain
    share = Share(0.97, 0.95, 0.99)
    cause = Cause("acks1", "throughput", "wal.worker", "old", "new", "most", share, share, None)
    explained = replace(regression, causes=(cause,))
    render_report(explained, judge(explained), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    links = page.locator(".why a")
    assert links.count() > 12
    # when each is followed
    for link in links.all():
        figure = page.locator(f'[id="{(link.get_attribute("href") or "").removeprefix("#")}"]')
        link.click()
        # then its figure, of which there is one, is in view
        figure.wait_for(state="visible")
        expect(figure).to_be_in_viewport()
        assert figure.count() == 1
    assert page.locator('[id="functions-cpu-raw"] table').is_visible()
    assert "97 % (95 to 99 %)" in page.locator("#causes-acks1 ~ .scroll").first.inner_text()


def test_the_likeliest_cause_leads_to_its_figure(page: Page, report: Path) -> None:
    """The first link of all is that of the cause, and leads to the table of stages."""
    page.goto((report / "report.html").as_uri())
    link = page.locator(".why a").first
    assert link.inner_text().replace("\u00a0", " ").startswith("the stage commit wait of a produce")
    link.click()
    expect(page.locator('[id="stages-acks1"]')).to_be_in_viewport()


def test_words_and_colours_come_from_the_verdict(page: Page, report: Path, verdict: Verdict) -> None:
    """Each decided row has the word of the verdict, in its order, and only decided rows have a colour."""
    page.goto((report / "report.html").as_uri())
    rows = [r for r in verdict.rows if r.role != "evidence"]
    shown = page.locator(".decided tbody.row .word").all_inner_texts()
    assert [text.split()[-1] for text in shown] == [(r.word or "judged") for r in rows]
    assert page.locator(".iv.regressed, .iv.improved").count() == sum(
        r.significant and r.effect is not None for r in rows
    )


def test_a_pair_of_equals_has_no_coloured_row(page: Page, tmp_path: Path) -> None:
    """Where nothing was decided as moved, nothing is coloured or named as moved."""
    same = a_pair_of_equals(blocks=6, evidence=False, workloads=(ACKS1,))
    render_report(same, judge(same), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator(".iv.regressed, .iv.improved, .word.regressed, .word.improved, .why").count() == 0


def test_removed_and_new_frames_are_seen_without_a_script(browser: Browser, report: Path) -> None:
    """Fault of others: removed frames missing. Without script both are there, and the switch to each side works."""
    # given a browser that runs no script
    context = browser.new_context(java_script_enabled=False, reduced_motion="reduce")
    page = context.new_page()
    page.goto((report / "report.html").as_uri())
    graph = page.locator("[data-flame=cpu-acks1]")
    removed, new = (
        graph.locator(".f", has_text="update_partition_offset"),
        graph.locator(".f", has_text="propose"),
    )
    # then both have a width in the difference, and say so in words
    assert _width(removed) > 0 and _width(new) > 0
    assert "→ candidate 0 µs (0 samples)" in (removed.get_attribute("title") or "")
    # and each is gone from the other side's own graph
    graph.get_by_text("Candidate", exact=True).click()
    assert _width(removed) == 0 and _width(new) > 0
    graph.get_by_text("Base", exact=True).click()
    assert _width(removed) > 0 and _width(new) == 0
    assert "Base. 100 % of the width is 3,100 µs of CPU per 1,000 stored messages" in graph.inner_text()
    context.close()


def test_too_few_samples_are_grey(page: Page, report: Path) -> None:
    """Few samples tell nothing of a frame: no bright colour, and the reason in words."""
    page.goto((report / "report.html").as_uri())
    frame = page.locator("[data-flame=cpu-acks1] .f", has_text="reply").first
    assert "g" in (frame.get_attribute("class") or "").split()
    assert "cannot be told from chance" in (frame.get_attribute("title") or "")


def test_hostile_names_stay_text(page: Page, tmp_path: Path, small: Comparison) -> None:
    """Names, settings, reasons and frames from outside are shown as they are, and none of them runs."""
    # given markup wherever a name can come from outside
    block = small.blocks[0]
    hostile = replace(
        small,
        base=replace(small.base, name=HOSTILE, description=HOSTILE, argv=(HOSTILE,)),
        command=HOSTILE,
        notes=(HOSTILE,),
        workloads=tuple(replace(w, title=f"{w.title} {HOSTILE}") for w in small.workloads),
        environment=replace(
            small.environment, cpu_model=HOSTILE, facts={HOSTILE: HOSTILE}, warnings=(HOSTILE,)
        ),
        blocks=(
            *small.blocks[1:],
            replace(
                block,
                discarded=HOSTILE,
                notes=(HOSTILE,),
                base=replace(block.base, config={HOSTILE: HOSTILE}),
            ),
        ),
        profiles=tuple(
            replace(p, stacks={f"main;{HOSTILE.replace(';', '')}": 50, **p.stacks}) for p in small.profiles
        ),
    )
    # when it is rendered and opened
    render_report(hostile, judge(hostile), tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    # then it is text
    assert page.title() != "pwned"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
    assert "<img src=x onerror=" in page.locator("h1").inner_text()
    assert page.locator("[data-flame] .f", has_text="<img src=x").count() > 0


def test_even_markup_that_got_in_cannot_run(page: Page, report: Path, tmp_path: Path) -> None:
    """The page's policy allows its own script by digest only, so a hole in escaping would still run nothing."""
    broken = (
        (report / "report.html")
        .read_text()
        .replace("</main>", "<script>document.title='pwned'</script></main>")
    )
    (tmp_path / "broken.html").write_text(broken)
    page.goto((tmp_path / "broken.html").as_uri())
    assert page.title() != "pwned"
    assert page.locator("html.js").count() == 1  # while its own ran


def test_follows_the_colour_scheme(browser: Browser, report: Path) -> None:
    """Dark where the reader's system is dark, in the charts too."""
    seen = []
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto((report / "report.html").as_uri())
        seen.append(
            page.evaluate(
                "[getComputedStyle(document.body).backgroundColor,"
                " getComputedStyle(document.querySelector('figure svg text')).fill]"
            )
        )
        page.close()
    assert seen[0][0] != seen[1][0] and seen[0][1] != seen[1][1]


def test_charts_tell_their_points(page: Page, report: Path) -> None:
    """Points of charts carry what they stand for, for tooltips and for screen readers."""
    page.goto((report / "report.html").as_uri())
    titles = page.locator("#workload-1 figure svg title").all_text_contents()
    assert any(t.startswith("block 0, base: ") and t.endswith("msg/s") for t in titles)
    assert any(t.startswith("candidate: p99 is ") for t in titles)


def _width(locator: Locator) -> float:
    box = locator.bounding_box()
    return float(box["width"]) if box else 0.0
