"""`perf baseline`: what versions gave on a class of machines, kept under a name and held against runs.

What the commands do is in `recorded` and `shelving`, which each imports when it is called: `perf --help` need not wait.
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
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Where baselines lie; else baselines of your broker's repository, or those that ship.",
    ),
]
WhichSide = Annotated[Which, typer.Option(help="Which side of the run.")]
Run = Annotated[Path, typer.Argument(help="A run's folder, or its comparison.json.")]
Name = Annotated[str, typer.Argument(help="A baseline, such as v2.2.0.")]
OwnName = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="What the baseline is called; else as its version."),
]

app = typer.Typer(
    name="baseline",
    help="What versions gave on a class of machines.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def save(run: Run, side: WhichSide = Which.BASE, name: OwnName = None, folder: Folder = None) -> None:
    """Keep one side of RUN as the baseline of its version on this class of machines."""
    from chronik_perf.cli.work import shelving

    shelving.save(run, side.value, name, folder)


@app.command("list")
def list_(folder: Folder = None) -> None:
    """List what is kept, and which of it may be compared with runs on this machine."""
    from chronik_perf.cli.work import recorded

    recorded.print_list(folder)


@app.command()
def show(name: Name, folder: Folder = None) -> None:
    """Show what is kept as NAME; on this class of machines if there is such a baseline."""
    from chronik_perf.cli.work import recorded

    recorded.print_one(name, folder)


@app.command()
def promote(
    name: Name,
    new: Annotated[str, typer.Option("--as", metavar="NEW", help="What it is called from now on, too.")],
    folder: Folder = None,
) -> None:
    """Give the version that NAME stands for another name, such as release, in the place of what had that name."""
    from chronik_perf.cli.work import shelving

    shelving.promote(name, new, folder)


@app.command()
def remove(
    name: Name,
    all_machines: Annotated[
        bool, typer.Option("--all-machines", help="Also those of other classes of machines.")
    ] = False,
    folder: Folder = None,
) -> None:
    """Delete what is kept as NAME on this class of machines."""
    from chronik_perf.cli.work import shelving

    shelving.remove(name, all_machines, folder)


@app.command()
def check(run: Run, side: WhichSide = Which.BASE, name: OwnName = None, folder: Folder = None) -> None:
    """Hold one side of RUN against a baseline of its version. Shows drift; the verdict is `compare`'s alone."""
    from chronik_perf.cli.work import recorded

    recorded.print_drift(run, side.value, name, folder)
