"""`perf bisect`: its options. What it does is in `bisecting`, which is imported only when there is work to do."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import Netns, Repo, Wait, seconds, share, without_what_is_kept
from chronik_perf.model import BadInput


def bisect(
    good: Annotated[str | None, typer.Argument(help="A commit before the loss, such as v1.4.")] = None,
    bad: Annotated[str | None, typer.Argument(help="A commit after it, such as HEAD.")] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The metric that changed: throughput, cpu_per_message or p99.  [default: throughput]",
        ),
    ] = None,
    workload: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The load that shows it: acks1, raw or acks0.  [default: acks1]"),
    ] = None,
    confidence: Annotated[
        str | None,
        typer.Option(metavar="P", help="How probable a commit must be before it is named.  [default: 95%]"),
    ] = None,
    budget: Annotated[
        str, typer.Option(metavar="TIME", help="Time that all may take, builds included.")
    ] = "30m",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The search's folder; must not exist or be empty.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with this search instead of starting one.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Repeat the random orders of an earlier search.")
    ] = None,
    repo: Repo = None,
    netns: Netns = False,
    wait: Wait = False,
) -> int:
    """Search the commits from GOOD to BAD for the one that changed a metric, in noise."""
    budget_s, sure = seconds("--budget", budget), share("--confidence", confidence or "95%")
    if resume is not None:
        of_new_searches_only = {
            "GOOD": good,
            "BAD": bad,
            "--metric": metric,
            "--workload": workload,
            "--confidence": confidence,
            "--out": out,
            "--seed": seed,
            "--netns": netns or None,
        }
        without_what_is_kept("a search", of_new_searches_only)
    elif good is None or bad is None:
        raise BadInput("two commits are needed, such as: perf bisect v1.4 HEAD")
    from chronik_perf.cli.work import bisecting

    command = shlex.join(["perf", *sys.argv[1:]])
    with bisecting.begun(
        good or "",
        bad or "",
        metric or "throughput",
        workload or "acks1",
        sure,
        out,
        resume,
        seed,
        repo,
        netns,
        wait,
        command,
    ) as job:
        kind = bisecting.carry_out(job, budget_s)
    return {"found": 0, "nothing": 0}.get(kind, 3)
