"""`perf targets`: what a name would be, and what names there are."""

from __future__ import annotations

from typing import Annotated

import typer

from chronik_perf.cli.options import Repo


def targets(
    name: Annotated[str | None, typer.Argument(help="A name, as perf compare would take it.")] = None,
    repo: Repo = None,
) -> int:
    """Say what NAME would be and why, without building it; without NAME, what names there are."""
    from chronik_perf.targets import explain, names

    for line in explain(name, repo) if name is not None else names(repo):
        print(line)
    return 0
