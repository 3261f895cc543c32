"""An A/A as a check-up: one broker against itself, through the runner that all comparisons go through."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass

from chronik_perf.experiment.place import Place
from chronik_perf.experiment.plan import DEFAULT_BUDGET, QUICK, QUICK_BUDGET, default_design
from chronik_perf.experiment.planning import affordable, seconds_left
from chronik_perf.experiment.progress import Progress, Report
from chronik_perf.experiment.runner import new_comparison, run
from chronik_perf.model import Comparison, Target

# A run of this length or less is what `--quick` does.
_QUICK_S = 60.0
_NO_BOUND = 100_000


@dataclass(frozen=True, slots=True)
class Checkup:
    """The A/A that was measured and how long each of its blocks took."""

    comparison: Comparison
    block_seconds: tuple[float, ...]


def check_up(target: Target, place: Place, seconds: float, seed: int, report: Report) -> Checkup:
    """Compare a broker with itself under both loads for about `seconds`, at least one block.

    It goes on when the equality is proven, because the noise is what is asked for; nothing is gathered as evidence.
    Raises what the runner raises; no process and no data are left either way.
    """
    # The budget is kept here, block by block, for there is no evidence to leave time for.
    design = default_design(True, seed, blocks=_NO_BOUND, budget_s=10 * seconds + _QUICK_S)
    grown = new_comparison(target, target, QUICK, design, place, "perf doctor")

    def timed(progress: Progress) -> None:
        report(dataclasses.replace(progress, finished=len(spent), budget_s=seconds))

    end, spent = time.monotonic() + seconds, list[float]()
    while True:
        place.data_root.mkdir(parents=True, exist_ok=True)  # the runner takes it away at its end
        with contextlib.closing(run(grown, place, timed, profiles=False)) as growing:
            begun = time.monotonic()
            for latest in growing:
                grown = latest
                spent.append(time.monotonic() - begun)
                if time.monotonic() + max(spent[-3:]) > end:
                    return Checkup(grown, tuple(spent))
                if grown.ended:
                    break
                begun = time.monotonic()
        grown = dataclasses.replace(grown, ended="", decided_s=None)


def blocks_within(comparison: Comparison, block_seconds: Sequence[float], budget_s: float) -> int:
    """Give how many such blocks a comparison with this budget has time for, evidence and profiles taken off."""
    spend = QUICK_BUDGET if budget_s <= _QUICK_S else DEFAULT_BUDGET
    design = dataclasses.replace(comparison.design, blocks=_NO_BOUND + len(block_seconds), budget_s=budget_s)
    grown = dataclasses.replace(comparison, design=design)
    return affordable(grown, block_seconds, seconds_left(grown, 0.0, spend, profiles=True))
