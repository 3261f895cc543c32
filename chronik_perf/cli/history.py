"""`perf history`: results over many versions: keep them, show them, check the newest, find change points in any series.

What the commands do is in `remembering` and `detecting`, imported when one is called: `perf --help` need not wait.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import check_writable
from chronik_perf.model import BadInput

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


class Better(StrEnum):
    """Which direction of a metric is better."""

    HIGHER = "higher"
    LOWER = "lower"


Database = Annotated[
    str,
    typer.Option(
        "--db",
        metavar="FILE",
        help="The history: a file (SQLite) or a URL, such as postgresql://USER@HOST/NAME.",
    ),
]
Metric = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this metric, such as throughput. Repeatable.")
]
Workload = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only this workload, such as raw. Repeatable.")
]
FILE = "perf-history.sqlite"


@app.command()
def add(
    run: Annotated[Path | None, typer.Argument(help="A run's folder, or its comparison.json.")] = None,
    db: Database = FILE,
    label: Annotated[str, typer.Option(metavar="NAME", help="A name for this result, such as nightly.")] = "",
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="The time that places it, such as its commit's; else that of the measurement.",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Numbers of any tool instead of a run: CSV, or a JSON list of objects.",
        ),
    ] = None,
    better: Annotated[
        Better | None, typer.Option(help="Which direction is better, for metrics of --csv that do not say.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in the place of what was added before.")
    ] = False,
) -> None:
    """Keep what the candidate of RUN gave, or the numbers of another tool."""
    if (run is None) == (csv is None):
        raise BadInput("give one of the two: a run's folder, or --csv FILE")
    if csv is not None and at is not None:
        raise BadInput("--at places a run; the rows of --csv have a field time of their own")
    if run is not None and better is not None:
        raise BadInput("--better is for --csv; a run's metrics say it themselves")
    from chronik_perf.cli.work import remembering

    if csv is not None:
        remembering.add_file(csv, db, label, better.value if better else None, replace)
    elif run is not None:
        remembering.add_run(run, db, label, at, replace)


@app.command()
def show(
    db: Database = FILE,
    metric: Metric = None,
    workload: Workload = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the page here: one file, opens offline.")
    ] = None,
) -> None:
    """Show every series, when its level moved and by how much; what moved at one version is one finding."""
    check_writable("--html", html)
    from chronik_perf.cli.work import remembering

    remembering.show(db, metric or [], workload or [], html)


@app.command()
def check(
    db: Database = FILE,
    metric: Metric = None,
    workload: Workload = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION", help="A version, commit or label: what moved until then is accepted."
        ),
    ] = None,
) -> int:
    """Exit with 1 if the newest level of a series is a regression that stayed, with 3 if that cannot be told yet."""
    from chronik_perf.cli.work import remembering

    return {"regression": 1, "none": 0, "inconclusive": 3}[
        remembering.check(db, metric or [], workload or [], since)
    ]


@app.command()
def detect(
    file: Annotated[Path, typer.Argument(help="The file of the series; - is stdin.")],
    format_: Annotated[
        Format, typer.Option("--format", help="How the file holds its series; auto looks at it.")
    ] = Format.AUTO,
) -> None:
    """Print the change points of the series in FILE, as a JSON list of positions counted from 0."""
    from chronik_perf.cli.work import detecting

    detecting.print_changes(file, format_.value)
