"""Goes on with a study of `perf explain`: more rounds of the same arms on the same machine, or none."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

from chronik_perf.cli.comparing import place_for
from chronik_perf.cli.namespaces import check_namespaces
from chronik_perf.cli.resuming import same_code, same_surroundings
from chronik_perf.cli.saying import say
from chronik_perf.cli.study import Study, kept
from chronik_perf.experiment import Place, machine_lock
from chronik_perf.model import BadInput, Comparison, metric
from chronik_perf.model.ablation import Arm
from chronik_perf.store import load
from chronik_perf.store.document import NAME
from chronik_perf.store.explanation import load_studied
from chronik_perf.store.run_folder import RunFolder
from chronik_perf.targets.secrets import with_secrets


def go_on(path: Path, budget_s: float, wait: bool, command: str) -> int:
    """Carry a study on, and give its exit code as `Study.carry_out` does.

    Raises BadInput where it cannot be gone on with: it is of another machine or other code, or an arm has no block.
    """
    # What cannot be is said at once, and not when the machine is free.
    _checked(path)
    with machine_lock(wait, say), kept(RunFolder(path), own=()):
        arms = _checked(path)  # the call that was waited for may have added to it
        first = next(iter(arms.values()))
        place = place_for(RunFolder(path), first.workloads, None, False)
        try:
            same_surroundings(path, first.environment, place.environment)
        except BadInput:
            shutil.rmtree(place.data_root, ignore_errors=True)
            raise
        return _study(path, arms, place, budget_s, command).carry_out()


def _study(path: Path, arms: dict[str, Comparison], place: Place, budget_s: float, command: str) -> Study:
    had = load_studied(path)
    return Study(
        folder=RunFolder(path),
        differences=had.differences,
        claim=had.claim,
        loads=next(iter(arms.values())).workloads,
        metric=metric(had.accounts[0].metric),
        places={
            keys: dataclasses.replace(place, logs=path / name / "logs") for name, keys in had.arms.items()
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


def _checked(path: Path) -> dict[str, Comparison]:
    """Give the arms of a study as they are now, by folder. Raises BadInput if they cannot be gone on with."""
    return dict(_arms(path))


def _arms(path: Path) -> Iterator[tuple[str, Comparison]]:
    for name in load_studied(path).arms:
        if not (path / name / NAME).is_file():
            raise BadInput(f"{path} ended before its arm {name} had a block; begin a new study")
        arm = load(path / name)
        if arm.design.network_namespaces:
            check_namespaces()
        for target in (arm.base, arm.candidate):
            same_code(path, target)
        yield (
            name,
            dataclasses.replace(arm, base=with_secrets(arm.base), candidate=with_secrets(arm.candidate)),
        )
