"""Goes on with a study of `perf explain`: more rounds of the same arms on the same machine, or none."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from chronik_perf.cli.saying import say
from chronik_perf.cli.work.resuming import place_again, with_same_code
from chronik_perf.cli.work.study import Study, kept
from chronik_perf.experiment import Place, machine_lock
from chronik_perf.model import BadInput, Comparison, metric
from chronik_perf.model.ablation import Arm
from chronik_perf.store import load
from chronik_perf.store.document import NAME
from chronik_perf.store.explanation import Studied, load_studied
from chronik_perf.store.run_folder import RunFolder


def go_on(path: Path, budget_s: float, wait: bool, command: str) -> int:
    """Carry a study on, and give its exit code as `Study.carry_out` does.

    Raises BadInput where it cannot be gone on with: it is of another machine or other code, or an arm has no block.
    """
    # What cannot be is said at once, and not when the machine is free.
    _checked(path)
    folder = RunFolder(path)
    with machine_lock(wait, say), kept(folder, own=()):
        had, arms = _checked(path)  # the call that was waited for may have added to it
        place = place_again(folder, next(iter(arms.values())))
        return _study(folder, had, arms, place, budget_s, command).carry_out()


def _study(
    folder: RunFolder, had: Studied, arms: dict[str, Comparison], place: Place, budget_s: float, command: str
) -> Study:
    return Study(
        folder=folder,
        differences=had.differences,
        claim=had.claim,
        loads=next(iter(arms.values())).workloads,
        metric=metric(had.accounts[0].metric),
        places={
            keys: dataclasses.replace(place, logs=folder.path / name / "logs")
            for name, keys in had.arms.items()
        },
        arms={
            keys: Arm(
                keys,
                dataclasses.replace(
                    arms[name],
                    design=dataclasses.replace(arms[name].design, budget_s=budget_s),
                    command=f"{arms[name].command}\n{command}",
                    complete=False,
                ),
            )
            for name, keys in had.arms.items()
        },
        earlier_s=had.elapsed_s,
    )


def _checked(path: Path) -> tuple[Studied, dict[str, Comparison]]:
    """Give a study and its arms as they are now, by folder. Raises BadInput if it cannot be gone on with."""
    had = load_studied(path)
    for name in had.arms:
        if not (path / name / NAME).is_file():
            raise BadInput(f"{path} ended before its arm {name} had a block; begin a new study")
    return had, {name: with_same_code(path, load(path / name)) for name in had.arms}
