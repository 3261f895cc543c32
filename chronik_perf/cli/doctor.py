"""`perf doctor`: its options. What it does is in `examining` and `learning`, imported only when there is work to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import Wait, check_folder, check_writable, seconds
from chronik_perf.model import BadInput


def doctor(
    budget: Annotated[str, typer.Option(metavar="TIME", help="Time that all may take, such as 60s.")] = "60s",
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write what was found to this file, too.")
    ] = None,
    machine_only: Annotated[
        bool, typer.Option("--machine-only", help="Only the machine's checks, a few seconds, and no broker.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Disk for the broker's data; else the current folder's."),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep the broker's blocks in a new run below this folder, for --learn."
        ),
    ] = None,
    learn: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Measure nothing: learn thresholds from the A/A runs below this folder."
        ),
    ] = None,
    thresholds: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where --learn writes what it learnt.  [default: thresholds.json]"),
    ] = None,
    wait: Wait = False,
) -> int:
    """Measure this machine, and say what regression can be detected here in what time."""
    measuring = {"--json": json, "--machine-only": machine_only, "--data-dir": data_dir, "--keep": keep}
    if learn is not None:
        if beside := [option for option, value in measuring.items() if value]:
            raise BadInput(f"{beside[0]} has no place beside --learn, which measures nothing")
        from chronik_perf.cli.work import learning

        return learning.carry_out(learn, thresholds or Path("thresholds.json"))
    if thresholds is not None:
        raise BadInput("--thresholds is where --learn writes; give --learn RUNS with it")
    if machine_only and keep is not None:
        raise BadInput("--keep has no place beside --machine-only, which measures no blocks")
    check_writable("--json", json)
    check_folder("--data-dir", data_dir)
    check_folder("--keep", keep)
    budget_s = seconds("--budget", budget)
    if not machine_only and budget_s < 30:
        raise BadInput(
            f"--budget is '{budget}', in which the broker cannot be compared with itself; give 30s or more, "
            "or look at the machine alone with --machine-only"
        )
    from chronik_perf.cli.work import examining

    return examining.carry_out(budget_s, json, machine_only, data_dir, keep, wait)
