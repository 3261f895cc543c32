"""`perf explain`: its options. What it does is in `explaining`."""

from __future__ import annotations

import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import (
    Netns,
    Repo,
    Seed,
    SetBase,
    SetCandidate,
    Wait,
    overrides,
    seconds,
    without_what_is_kept,
)
from chronik_perf.model import BadInput


class Explainable(StrEnum):
    """What a message costs."""

    THROUGHPUT = "throughput"
    CPU = "cpu_per_message"


def explain(
    base: Annotated[
        str | None, typer.Argument(help="The version that is taken as good, such as v2.2.0.")
    ] = None,
    candidate: Annotated[
        str | None, typer.Argument(help="The version that regressed, such as v2.2.7.")
    ] = None,
    claim: Annotated[
        str | None,
        typer.Option(metavar="KEY=VALUE", help="Test only this difference: is it what did it?"),
    ] = None,
    metric: Annotated[
        Explainable | None, typer.Option(help="What is to be explained.  [default: throughput]")
    ] = None,
    workload: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Measure only this workload: acks1, raw or acks0. Repeatable."),
    ] = None,
    budget: Annotated[
        str, typer.Option(metavar="TIME", help="Time that all may take; it ends as soon as all is answered.")
    ] = "20m",
    set_base: SetBase = None,
    set_candidate: SetCandidate = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder; must not exist or be empty.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with this study instead of beginning one.")
    ] = None,
    seed: Seed = None,
    repo: Repo = None,
    netns: Netns = False,
    wait: Wait = False,
) -> int:
    """Find out by experiment which of the differences between BASE and CANDIDATE explains how much of the change."""
    budget_s = seconds("--budget", budget)
    command = shlex.join(["perf", *sys.argv[1:]])
    if resume is not None:
        of_new_studies_only = {
            "BASE": base,
            "CANDIDATE": candidate,
            "--claim": claim,
            "--metric": metric,
            "--workload": workload,
            "--set-base": set_base,
            "--set-candidate": set_candidate,
            "--out": out,
            "--seed": seed,
            "--repo": repo,
            "--netns": netns or None,
        }
        without_what_is_kept("a study", of_new_studies_only)
        from chronik_perf.cli.work import studying_on

        return studying_on.go_on(resume, budget_s, wait, command)
    if base is None or candidate is None:
        raise BadInput("two versions are needed, such as: perf explain v2.2.0 v2.2.7")
    from chronik_perf.cli.work import explaining

    return explaining.carry_out(
        (base, overrides(set_base or [])),
        (candidate, overrides(set_candidate or [])),
        claim,
        (metric or Explainable.THROUGHPUT).value,
        workload,
        budget_s,
        seed,
        out,
        repo,
        netns,
        wait,
        command,
    )
