"""`perf selftest`: its options. What it does is in `selftesting`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import Seed, Wait, seconds
from chronik_perf.model import BadInput


def selftest(
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this fault, such as spawn. Repeatable.  [default: all]"),
    ] = None,
    strength: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of the strength at which a fault is in full swing.")
    ] = 1.0,
    against_itself: Annotated[
        int, typer.Option(min=0, metavar="N", help="Also compare the version N times with itself.")
    ] = 0,
    no_faults: Annotated[
        bool, typer.Option("--no-faults", help="No fault at all; goes with --against-itself.")
    ] = False,
    budget: Annotated[str, typer.Option(metavar="TIME", help="Time that each comparison may take.")] = "5m",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder of all runs; must not exist or be empty.")
    ] = None,
    seed: Seed = None,
    wait: Wait = False,
) -> int:
    """Run the toolkit over the reference broker's bank of faults and print how many it finds and names."""
    if not 0 < strength <= 1:
        raise BadInput(
            f"--strength is {strength:g}; give a share of the full strength, above 0 and at most 1"
        )
    if no_faults and fault:
        raise BadInput("--fault and --no-faults contradict each other; leave one of them away")
    if no_faults and not against_itself:
        raise BadInput(
            "--no-faults leaves nothing to do; say how often v2.2.0 meets itself with --against-itself N"
        )
    budget_s = seconds("--budget", budget)
    from chronik_perf.cli.work import selftesting

    names = () if no_faults else fault or None
    selftesting.carry_out(names, strength, against_itself, budget_s, out, seed, wait)
    return 0
