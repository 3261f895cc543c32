"""`perf gate`: its options. What it does is in `gating`."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import OnInconclusive, Repo, Seed, Wait, seconds
from chronik_perf.model import BadInput, PerfError


def gate(
    base: Annotated[
        str | None, typer.Argument(help="What the change is compared with; else where it left its branch.")
    ] = None,
    head: Annotated[str, typer.Argument(help="The change.")] = "HEAD",
    last_release: Annotated[
        bool, typer.Option("--last-release", help="Compare with the newest tag in the change's history.")
    ] = False,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Time that all may take, such as 3m; else the base's perf.toml says."
        ),
    ] = None,
    advisory: Annotated[
        bool, typer.Option("--advisory", help="Say everything and always exit with 0.")
    ] = False,
    on_inconclusive: Annotated[
        OnInconclusive,
        typer.Option(help="Exit with 3 (fail) or with 0 (pass) when nothing could be decided."),
    ] = OnInconclusive.FAIL,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder; must not exist or be empty.")
    ] = None,
    profiles: Annotated[
        bool, typer.Option("--profiles/--no-profiles", help="Take profiles after the blocks.")
    ] = True,
    seed: Seed = None,
    repo: Repo = None,
    wait: Wait = False,
) -> int:
    """Measure the base and the head of a change side by side on this machine, as the base's perf.toml says."""
    if base is not None and last_release:
        raise BadInput("--last-release names the base, so BASE has no place beside it")
    budget_s = seconds("--budget", budget) if budget is not None else None
    from chronik_perf.cli import gating

    command = shlex.join(["perf", *sys.argv[1:]])
    try:
        change = gating.change(base, head, last_release, repo)
        outcome = gating.carry_out(change, budget_s, seed, out, profiles, repo, wait, command)
    except PerfError as error:
        if not advisory:
            raise
        print(f"perf: advisory, so the job goes on: {error}", file=sys.stderr)
        return 0
    if advisory or (outcome == "inconclusive" and on_inconclusive is OnInconclusive.PASS):
        return 0
    return {"none": 0, "regression": 1, "inconclusive": 3}[outcome]
