"""`perf baseline`: what releases gave on a class of machines: record it, list it, show it, hold a run against it.

What the commands do is in `recorded`, which each imports when it is called: `perf --help` need not wait for it.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Which(StrEnum):
    """One side of a run."""

    BASE = "base"
    CANDIDATE = "candidate"


Folder = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where baselines lie; else those that ship.")
]
WhichSide = Annotated[Which, typer.Option(help="Which side of the run.")]
Run = Annotated[Path, typer.Argument(help="A run's folder, or its comparison.json.")]

app = typer.Typer(
    name="baseline",
    help="What releases gave on a class of machines.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(folder: Folder = None) -> None:
    """List what was recorded, and which of it may be compared with runs on this machine."""
    from chronik_perf.cli import recorded

    recorded.print_list(folder)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A release, such as v2.2.0.")], folder: Folder = None
) -> None:
    """Show what was recorded of release NAME; on this class of machines if there is such a baseline."""
    from chronik_perf.cli import recorded

    recorded.print_one(name, folder)


@app.command()
def record(run: Run, side: WhichSide = Which.BASE, folder: Folder = None) -> None:
    """Record one side of RUN as the baseline of its release on this class of machines."""
    from chronik_perf.cli import recorded

    recorded.record(run, side.value, folder)


@app.command()
def check(run: Run, side: WhichSide = Which.BASE, folder: Folder = None) -> None:
    """Hold one side of RUN against the baseline of its release. Shows drift; the verdict is `compare`'s alone."""
    from chronik_perf.cli import recorded

    recorded.print_drift(run, side.value, folder)
