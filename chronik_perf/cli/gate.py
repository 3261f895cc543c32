"""`perf gate`: its options. What it does is in `gating`, what the CI system is told in `notifying`.

What a pipeline may set has a variable, too: CI systems hand over inputs as such, and no shell ever reads them.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import OnInconclusive, Seed, Wait, seconds
from chronik_perf.cli.saying import unforeseen
from chronik_perf.model import BadInput, MeasurementFailed, PerfError


def gate(
    base: Annotated[
        str | None,
        typer.Argument(
            envvar="PERF_GATE_BASE", help="What the change is compared with; else where it left its branch."
        ),
    ] = None,
    head: Annotated[str, typer.Argument(envvar="PERF_GATE_HEAD", help="The change.")] = "HEAD",
    last_release: Annotated[
        bool,
        typer.Option(
            "--last-release",
            envvar="PERF_GATE_LAST_RELEASE",
            help="Compare with the newest tag in the change's history.",
        ),
    ] = False,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            envvar="PERF_GATE_BUDGET",
            help="Time that all may take, such as 3m; else the base's perf.toml says.",
        ),
    ] = None,
    advisory: Annotated[
        bool,
        typer.Option(
            "--advisory", envvar="PERF_GATE_ADVISORY", help="Say everything and always exit with 0."
        ),
    ] = False,
    on_inconclusive: Annotated[
        OnInconclusive,
        typer.Option(
            envvar="PERF_GATE_ON_INCONCLUSIVE",
            help="Exit with 3 (fail) or with 0 (pass) when nothing could be decided.",
        ),
    ] = OnInconclusive.FAIL,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", envvar="PERF_GATE_OUT", help="The run's folder; must not exist or be empty."
        ),
    ] = None,
    profiles: Annotated[
        bool, typer.Option("--profiles/--no-profiles", help="Take profiles after the blocks.")
    ] = True,
    seed: Seed = None,
    repo: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            envvar="PERF_GATE_REPO",
            help="The broker's repository, which has a perf.toml; else the one around the current folder.",
        ),
    ] = None,
    netns: Annotated[
        bool,
        typer.Option(
            "--netns",
            envvar="PERF_GATE_NETNS",
            help="Give each side a network namespace of its own, in which both may have the same ports.",
        ),
    ] = False,
    wait: Wait = False,
) -> int:
    """Measure the base and the head of a change side by side on this machine, as the base's perf.toml says."""
    from chronik_perf.cli.work import gating, notifying

    try:
        if base is not None and last_release:
            raise BadInput("--last-release names the base, so BASE has no place beside it")
        budget_s = seconds("--budget", budget) if budget is not None else None
        change = gating.change(base, head, last_release, repo)
        outcome = gating.carry_out(change, budget_s, seed, out, profiles, repo, netns, wait)
    except Exception as error:
        # A gap of this tool's own must neither fail a job that only advises, nor leave one without an outcome.
        failed = error if isinstance(error, PerfError) else MeasurementFailed(unforeseen(error))
        notifying.failure(failed, out)
        if not advisory:
            raise
        if os.environ.get("CHRONIK_PERF_DEBUG"):
            traceback.print_exc()
        print(f"perf: advisory, so the job goes on: {failed}", file=sys.stderr)
        return 0
    if advisory or (outcome == "inconclusive" and on_inconclusive is OnInconclusive.PASS):
        return 0
    return {"none": 0, "regression": 1, "inconclusive": 3}[outcome]
