"""`perf report`: render a run again, without measuring anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.model import Comparison
from chronik_perf.report import render_report, text
from chronik_perf.stats import judge
from chronik_perf.store import RunFolder, load, write_artifacts


def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its comparison.json.")],
    out: Annotated[Path | None, typer.Option(help="Write the report here instead of into the run.")] = None,
) -> None:
    """Write the report of RUN again, and what other tools read of it."""
    comparison: Comparison = load(run)
    verdict = judge(comparison)
    folder = out or (run if run.is_dir() else run.parent)
    folder.mkdir(parents=True, exist_ok=True)
    write_artifacts(comparison, RunFolder(folder))
    paths = render_report(comparison, verdict, folder)
    print(text.render(comparison, verdict))
    print(f"\nreport: {paths['report.html']}")
