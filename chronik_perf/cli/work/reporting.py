"""Writes all that is made from a comparison and prints its verdict: what `compare` ends with, and `report` does."""

from __future__ import annotations

from pathlib import Path

from chronik_perf.model import Comparison, MeasurementFailed, Verdict
from chronik_perf.report import render_report, text
from chronik_perf.stats import judge
from chronik_perf.store import RunFolder, write_artifacts


def write_report(comparison: Comparison, folder: Path) -> Verdict:
    """Write the reports and what other tools read into a folder, and print the verdict.

    Raises MeasurementFailed if the disk does not take it; each file is then whole or not there.
    """
    verdict = judge(comparison)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_artifacts(comparison, RunFolder(folder))
        paths = render_report(comparison, verdict, folder)
    except OSError as error:
        raise MeasurementFailed(
            f"cannot write the report into {folder}: {error.strerror or error}; make room there or name another folder"
        ) from None
    print(text.render(comparison, verdict))
    print(f"\nreport: {paths['report.html']}")
    return verdict
