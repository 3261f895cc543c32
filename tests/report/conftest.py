"""A real browser, and pages rendered once for all tests that look at them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from chronik_perf.model import Comparison, Verdict
from chronik_perf.report import history_page, render_report
from chronik_perf.stats import judge
from chronik_perf.stats.history.over_time import findings
from tests.builders import ACKS1, a_comparison, a_past


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give a headless Chromium; without one the tests that need it are skipped.

    It has an event loop as long as it lives, beside which no test of another folder could run one of its own.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield one
        one.close()


@pytest.fixture(scope="session")
def regression() -> Comparison:
    """Give the incident, whole: v2.2.0 against v2.2.7 with series and profiles."""
    return a_comparison(blocks=8)


@pytest.fixture(scope="session")
def verdict(regression: Comparison) -> Verdict:
    """Give the incident's verdict."""
    return judge(regression)


@pytest.fixture(scope="session")
def small() -> Comparison:
    """Give the incident under one workload, for tests that render a page of their own."""
    return a_comparison(blocks=6, workloads=(ACKS1,))


@pytest.fixture(scope="session")
def report(regression: Comparison, verdict: Verdict, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the incident's report."""
    folder = tmp_path_factory.mktemp("report")
    render_report(regression, verdict, folder)
    return folder


@pytest.fixture(scope="session")
def small_report(small: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the report of one workload: a page of a third of the size, for what each graph can do."""
    folder = tmp_path_factory.mktemp("small")
    render_report(small, judge(small), folder)
    return folder


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the page of a history in which one loss stayed and another went away."""
    pasts = (a_past([100, 88]), a_past([100, 88, 100], name="other"))
    file = tmp_path_factory.mktemp("history") / "history.html"
    file.write_text(history_page.render(pasts, findings(pasts)))
    return file


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give an empty page, in which nothing moves of itself."""
    one = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield one
    one.close()
