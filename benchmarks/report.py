"""What the report of a run costs its reader: its size, the seconds to write it, and when a browser shows the verdict.

Renders the run's report, opens it five times in a headless Chromium as a file, and prints the milliseconds from opening
to the first paint, which holds the verdict, and to the whole page.

    python -m benchmarks.report RUN
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from chronik_perf.report import html
from chronik_perf.stats import judge
from chronik_perf.store import load

TIMES = 5
READ = """() => [performance.getEntriesByName('first-contentful-paint')[0].startTime,
                 performance.getEntriesByType('navigation')[0].domComplete]"""


def main() -> None:
    comparison = load(Path(sys.argv[1]))
    begun_s = time.perf_counter()
    text = html.render(comparison, judge(comparison))
    print(f"{len(comparison.kept_blocks)} blocks, {len(comparison.profiles)} profiles")
    print(f"written in {time.perf_counter() - begun_s:.1f} s, {len(text.encode()) / 1e6:.2f} MB")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    painted_ms, whole_ms = [], []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "report.html"
        file.write_text(text)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(TIMES):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(file.as_uri())
            page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
            painted, whole = page.evaluate(READ)
            painted_ms.append(painted)
            whole_ms.append(whole)
            page.close()
        browser.close()
    print(f"verdict painted after {statistics.median(painted_ms):.0f} ms ({max(painted_ms):.0f} at most)")
    print(f"page complete after {statistics.median(whole_ms):.0f} ms ({max(whole_ms):.0f} at most)")


if __name__ == "__main__":
    main()
