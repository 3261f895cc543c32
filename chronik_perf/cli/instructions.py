"""`perf instructions`: its options. What it does is in `counting`, imported only when there is work to do."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.options import SetBase, SetCandidate, Wait, check_writable, overrides
from chronik_perf.model import BadInput

_FEWEST_MESSAGES, _FEWEST_REPEATS = 500, 2


def instructions(
    base: Annotated[str, typer.Argument(help="The version that is taken as good, such as v2.2.0.")],
    candidate: Annotated[str, typer.Argument(help="The version in question, such as v2.2.7.")],
    messages: Annotated[
        int, typer.Option(metavar="N", help="Messages of the longer run; the shorter has a fifth of them.")
    ] = 12_000,
    repeats: Annotated[
        int, typer.Option(metavar="N", help="How often both runs are repeated; at least 2.")
    ] = 3,
    set_base: SetBase = None,
    set_candidate: SetCandidate = None,
    as_json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write all that was counted into this file as JSON."),
    ] = None,
    wait: Wait = False,
) -> int:
    """Count the instructions that two versions execute for each message, under valgrind's cachegrind.

    Evidence beside `perf compare`, and never a verdict: it sees CPU work that no clock shows, and no waiting at all.
    """
    if messages < _FEWEST_MESSAGES:
        raise BadInput(
            f"--messages is {messages}; give at least {_FEWEST_MESSAGES}, or starting the broker outweighs them"
        )
    if repeats < _FEWEST_REPEATS:
        raise BadInput(
            f"--repeats is {repeats}; give at least {_FEWEST_REPEATS}, for one shows no precision of its own"
        )
    check_writable("--json", as_json)
    from chronik_perf.cli.work.counting import carry_out

    carry_out(
        (base, overrides(set_base or [])),
        (candidate, overrides(set_candidate or [])),
        messages,
        repeats,
        as_json,
        wait,
        shlex.join(["perf", *sys.argv[1:]]),
    )
    return 0
