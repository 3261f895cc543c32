"""The page of a large run is small, and is read from its first lines on while the rest of it is still on its way."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from chronik_perf.model import Comparison
from chronik_perf.report import html
from chronik_perf.stats import judge
from tests.builders import a_comparison

END_OF_VERDICT = "</header>"


@pytest.fixture(scope="module")
def large() -> Comparison:
    """Give 24 blocks under three workloads, with a minute of series and thousands of different frames."""
    made = a_comparison(blocks=24)
    rng = random.Random(7)
    return replace(
        made,
        profiles=tuple(replace(p, stacks=many_stacks(rng), samples=3_000) for p in made.profiles),
        series=tuple(
            replace(
                s,
                t_s=tuple(i / 10 for i in range(600)),
                values={k: (v * 15)[:600] for k, v in s.values.items()},
            )
            for s in made.series
        ),
    )


@pytest.fixture(scope="module")
def rendered(large: Comparison) -> str:
    """Give the large run's page."""
    return html.render(large, judge(large))


def test_it_stays_below_three_megabytes(large: Comparison, rendered: str) -> None:
    """Profiles of four starts a side, whose frames hardly repeat, do not make the page larger than 3 MB."""
    assert len(large.kept_blocks) == 24 and len(large.profiles) == 2 * 2 * 2 * 4
    assert len(rendered.encode()) < 3_000_000
    assert rendered.count('class="flame-graph"') == 2 * 2 + 2  # of CPU, by callers as well
    assert "frames too narrow to see left out" in rendered


def test_the_verdict_is_at_its_beginning(rendered: str) -> None:
    """Outcome, headline and explanation are in the first 64 KB, and no script, font or picture comes before them."""
    beginning = rendered[: rendered.index(END_OF_VERDICT)]
    assert len(beginning.encode()) < 64 * 1024
    for waited_for in ("<script", "<svg", "<img", "@font-face", "@import", 'rel="stylesheet"'):
        assert waited_for not in beginning


def test_the_verdict_is_read_before_the_rest_has_come(page: Page, large: Comparison, rendered: str) -> None:
    """Over a line that stalls after the verdict, the browser shows it at once, in its colours, without scrolling."""
    with stalling(rendered, after=END_OF_VERDICT) as (address, go_on):
        # when the page is opened and nothing more has come
        page.goto(address, wait_until="commit")
        headline = page.locator("h1")
        headline.wait_for(state="visible")
        # then the verdict is painted within the first screen
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
        assert page.evaluate("document.readyState") == "loading"
        assert " ".join(headline.inner_text().split()) == judge(large).headline
        box = headline.bounding_box()
        assert box is not None and box["y"] + box["height"] < 900
        assert (
            page.locator(".pill.regression").evaluate("one => getComputedStyle(one).borderRadius") == "99px"
        )
        assert page.locator("#decided").count() == 0
        # and the rest follows
        go_on.set()
        page.wait_for_load_state("load")
        assert page.locator("#decided").count() == 1


@contextmanager
def stalling(text: str, after: str) -> Iterator[tuple[str, threading.Event]]:
    """Serve a page on loopback that stops after a mark until it is let go on; at the most for 20 s."""
    go_on = threading.Event()
    first, mark, rest = text.partition(after)

    class Stalling(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((first + mark).encode())
            self.wfile.flush()
            go_on.wait(20)
            self.wfile.write(rest.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stalling)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", go_on
    finally:
        go_on.set()
        server.shutdown()
        serving.join()
        server.server_close()


def many_stacks(rng: random.Random) -> dict[str, int]:
    """Give 150 different stacks, 25 frames deep, with names as long as real ones."""
    return {
        ";".join(
            [
                "MainThread",
                *(f"Package.method_{rng.randrange(40)}_{d} (package/module_{d}.py)" for d in range(25)),
            ]
        ): rng.randrange(1, 40)
        for _ in range(150)
    }
