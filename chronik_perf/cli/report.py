"""`perf report`: render a run again, without measuring anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import check_folder


def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its comparison.json.")],
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write the report here instead of into the run.")
    ] = None,
) -> None:
    """Write the report of RUN again, and what other tools read of it."""
    # Imported here, because charts and numerics are nothing that --help should wait for.
    check_folder("--out", out)
    from chronik_perf.cli.work.reporting import write_report
    from chronik_perf.store import load

    write_report(load(run), out or (run if run.is_dir() else run.parent))
