"""Writes the README's pictures of the report from a real run, light and dark, so that they show what a reader gets.

Renders the run's report with the code of this checkout and takes, in a headless Chromium, the first screen and the
CPU flame graph with the most frames.

    python docs/screenshots.py RUN [--into docs]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from chronik_perf.report import html
from chronik_perf.stats import judge
from chronik_perf.store import load

SCREEN = {"width": 1280, "height": 800}
FLAME = ".flame-graph:has([aria-label='Flame graph: cpu'])"
LARGEST = """graphs => {
  const frames = graphs.map(one => one.querySelectorAll('.f').length);
  return frames.indexOf(Math.max(...frames));
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", type=Path, help="the folder of a run with profiles, or its comparison.json")
    parser.add_argument(
        "--into", type=Path, default=Path(__file__).parent, help="the folder for the pictures"
    )
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium is installed (apt-get install chromium)")
    comparison = load(arguments.run)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        report.write_text(html.render(comparison, judge(comparison)))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            for picture in _take(browser, report, scheme, arguments.into):
                print(f"{picture}: {picture.stat().st_size / 1000:.0f} KB")
        browser.close()


def _take(browser: Browser, report: Path, scheme: str, into: Path) -> tuple[Path, ...]:
    page = browser.new_page(viewport=SCREEN, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(report.as_uri())
    first, flame = into / f"report-{scheme}.png", into / f"flame-{scheme}.png"
    page.screenshot(path=first)
    graphs = page.locator(FLAME)
    if graphs.count() == 0:
        sys.exit(f"{first} is written, but the run has no profiles: take one that was measured with evidence")
    # The bar at the top would lie over a graph that is higher than the screen.
    page.add_style_tag(content=".top { position: static !important; }")
    graphs.nth(graphs.evaluate_all(LARGEST)).screenshot(path=flame)
    page.close()
    return first, flame


if __name__ == "__main__":
    main()
