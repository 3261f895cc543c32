"""`perf compare`: its options. What it does is in `comparing`, which is imported only when there is work to do."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.clients import ClientConfig, able, read_clients
from chronik_perf.cli.options import (
    Netns,
    OnInconclusive,
    Repo,
    Seed,
    SetBase,
    SetCandidate,
    Wait,
    check_folder,
    overrides,
    seconds,
    thresholds,
    without_what_is_kept,
)
from chronik_perf.model import BadInput


def compare(
    base: Annotated[
        str | None, typer.Argument(help="The version that is taken as good, such as v2.2.0.")
    ] = None,
    candidate: Annotated[str | None, typer.Argument(help="The version in question, such as v2.2.7.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Workloads acks1 and raw, within 60 s.")] = False,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Time that all may take, such as 3m; it ends earlier when the verdict is safe.  [default: 5m, or 1m]",
        ),
    ] = None,
    workload: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Measure only this workload: acks1, raw or acks0. Repeatable."),
    ] = None,
    blocks: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many blocks of fresh starts.")
    ] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC=X", help="METRIC=X or METRIC@WORKLOAD=X, such as throughput@acks1=3%. Repeatable."
        ),
    ] = None,
    learnt: Annotated[
        Path | None,
        typer.Option(
            "--thresholds",
            metavar="FILE",
            help="Take the thresholds that perf doctor --learn wrote to this file.",
        ),
    ] = None,
    family_error: Annotated[
        float | None,
        typer.Option(
            metavar="P", help="Chance of any false verdict in the whole comparison.  [default: 0.01]"
        ),
    ] = None,
    set_base: SetBase = None,
    set_candidate: SetCandidate = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder; must not exist or be empty.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Add blocks to this run instead of starting one.")
    ] = None,
    on_inconclusive: Annotated[
        OnInconclusive,
        typer.Option(help="Exit with 3 (fail) or with 0 (pass) when nothing could be decided."),
    ] = OnInconclusive.FAIL,
    profiles: Annotated[
        bool, typer.Option("--profiles/--no-profiles", help="Take profiles after the blocks.")
    ] = True,
    cpu_profile: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Profile the CPU of each side for so long under each workload, on up to 12 starts, such as 4m: "
            "it tells smaller functions.  [default: 3s, and more with a longer --budget]",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Disk for the brokers' data; else the run's.")
    ] = None,
    allow_tmpfs: Annotated[
        bool, typer.Option("--allow-tmpfs", help="Measure acks=1 though a sync is free.")
    ] = False,
    seed: Seed = None,
    client_config: ClientConfig = None,
    repo: Repo = None,
    netns: Netns = False,
    wait: Wait = False,
) -> int:
    """Measure BASE and CANDIDATE side by side and say whether CANDIDATE regressed."""
    if resume is not None:
        of_new_runs_only = {
            "--threshold": threshold,
            "--thresholds": learnt,
            "--family-error": family_error,
            "--set-base": set_base,
            "--set-candidate": set_candidate,
            "--out": out,
            "--seed": seed,
            "--cpu-profile": cpu_profile,
            "--repo": repo,
            "--netns": netns or None,
        }
        without_what_is_kept("a run", of_new_runs_only)
    elif base is None or candidate is None:
        raise BadInput("two versions are needed, such as: perf compare v2.2.0 v2.2.7")
    check_folder("--data-dir", data_dir)
    limits = thresholds(threshold or [])
    budget_s = seconds("--budget", budget) if budget is not None else None
    profile_s = seconds("--cpu-profile", cpu_profile) if cpu_profile is not None else None
    if profile_s is not None and (quick or not profiles):
        other = "--quick" if quick else "--no-profiles"
        raise BadInput(f"--cpu-profile is for runs with profiles of several starts; leave it or {other} out")
    clients = read_clients(client_config)
    # Numerics and clients take half a second to import, for which neither --help nor a typing error should wait.
    from chronik_perf.cli.work import comparing, resuming
    from chronik_perf.experiment import longest_cpu_profile_s

    command = shlex.join(["perf", *sys.argv[1:]])
    if resume is not None:
        asked = None
        if quick or workload:
            asked, _ = able(comparing.workloads(quick, workload), clients, named=bool(workload))
        measuring = resuming.resumed(
            resume, (base, candidate), asked, blocks, budget_s, data_dir, allow_tmpfs, clients, wait, command
        )
    else:
        loads, notes = able(comparing.workloads(quick, workload), clients, named=bool(workload))
        plan = comparing.design(quick, seed, blocks, family_error, limits, budget_s)
        if profile_s is not None:
            _check_that_it_fits(profile_s, len(loads), longest_cpu_profile_s(plan, len(loads)))
        measuring = comparing.begun(
            (base or "", overrides(set_base or [])),
            (candidate or "", overrides(set_candidate or [])),
            loads,
            dataclasses.replace(plan, network_namespaces=netns, cpu_profile_s=profile_s),
            learnt,
            out,
            data_dir,
            allow_tmpfs,
            wait,
            command,
            repo,
            notes,
            clients,
        )
    with measuring as job:
        outcome = comparing.carry_out(job, profiles)[1].outcome
    if outcome == "inconclusive" and on_inconclusive is OnInconclusive.PASS:
        return 0
    return {"none": 0, "regression": 1, "inconclusive": 3}[outcome]


def _check_that_it_fits(profile_s: float, workloads: int, longest_s: float) -> None:
    """Raise BadInput for profiles that leave too little of the budget for the blocks that decide."""
    if profile_s > longest_s:
        loads = f"{workloads} workloads" if workloads > 1 else "one workload"
        most = f"at most {longest_s:.0f}s" if longest_s >= 1 else "no profile"
        raise BadInput(
            f"--cpu-profile {profile_s:g}s under {loads} leaves too little of the budget for the blocks that decide: "
            f"{most} fits into it; give a longer --budget, or name one --workload"
        )
