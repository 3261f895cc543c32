"""`result:PATH`, a version that an earlier run measured: its candidate, or its base with `#base` behind the path."""

from __future__ import annotations

from pathlib import Path

from chronik_perf.model import SIDES, BadInput
from chronik_perf.store import load
from chronik_perf.store.baselines import Baseline, of_run
from chronik_perf.targets.again import found_again
from chronik_perf.targets.scheme import Asked, Found, Scheme

PREFIX = "result:"


def stored_result(rest: str) -> Baseline:
    """Give what the run gave for the side that was asked for. Raises BadInput for what is no run, or no version."""
    if not rest:
        raise BadInput(
            "result: needs the folder of a run, such as result:RUN, or result:RUN#base for its base"
        )
    path, side = rest, SIDES[1]
    for one in SIDES:
        if rest.endswith(f"#{one}"):
            path, side = rest.removesuffix(f"#{one}"), one
    return of_run(load(Path(path)), side)


def _find(rest: str, asked: Asked) -> Found:
    return found_again(f"{PREFIX}{rest}", stored_result(rest), "the run", asked)


RESULT = Scheme(
    PREFIX, _find, lambda _: ["stored results: result:RUN and result:RUN#base, what a run measured"]
)
