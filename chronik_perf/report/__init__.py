"""What people and programs read: one reporter a file, all fed by the same comparison and its one verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chronik_perf.files import write_whole
from chronik_perf.model import Comparison, Verdict
from chronik_perf.report import code_quality, html, junit, markdown, metrics_text, verdict_json

Reporter = Callable[[Comparison, Verdict], str]

# Adding a reporter is a file and a line here.
REPORTERS: dict[str, Reporter] = {
    "summary.md": markdown.render,
    "junit.xml": junit.render,
    "verdict.json": verdict_json.render,
    "gl-code-quality.json": code_quality.render,
    "metrics.txt": metrics_text.render,
    "report.html": html.render,
}


def render_report(comparison: Comparison, verdict: Verdict, folder: Path) -> dict[str, Path]:
    """Write every report into a folder, each whole or not at all; gives the paths by file name."""
    paths = {}
    for name, reporter in REPORTERS.items():
        paths[name] = folder / name
        write_whole(paths[name], reporter(comparison, verdict))
    return paths


__all__ = ["REPORTERS", "render_report"]
