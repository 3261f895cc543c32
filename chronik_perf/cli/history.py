"""`perf history`: results over many versions: keep them, show them, check the newest, find change points in any series.

What the commands do is in `remembering`, which each imports when it is called: `perf --help` need not wait for it.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="history",
    help="Results over many versions or commits, and when their level moved.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """How a file holds its series."""

    AUTO = "auto"
    JSON = "json"
    CSV = "csv"
    LINES = "lines"


@app.command()
def detect(
    file: Annotated[Path, typer.Argument(help="The file of the series; - is stdin.")],
    format_: Annotated[
        Format, typer.Option("--format", help="How the file holds its series; auto looks at it.")
    ] = Format.AUTO,
) -> None:
    """Print the change points of the series in FILE, as a JSON list of positions counted from 0."""
    from chronik_perf.cli import remembering

    remembering.print_changes(file, format_.value)
