"""Begins what `perf explain` carries out: the differences of two versions, and the arms that tell what each does."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from chronik_perf.cli.saying import say
from chronik_perf.cli.work import comparing
from chronik_perf.cli.work.namespaces import check_namespaces, say_in_turn
from chronik_perf.cli.work.study import Study, kept, logs_of
from chronik_perf.experiment import machine_lock, new_comparison
from chronik_perf.experiment.ablation import Keys
from chronik_perf.model import BadInput, Target, metric
from chronik_perf.model.ablation import Arm, Difference
from chronik_perf.stats.causes.ablation import arms_of
from chronik_perf.targets import find, resolve
from chronik_perf.targets.arms import arm as arm_target
from chronik_perf.targets.arms import differences

Named = tuple[str, dict[str, str]]


def carry_out(
    base: Named,
    candidate: Named,
    claim: str | None,
    name: str,
    workloads: list[str] | None,
    budget_s: float,
    seed: int | None,
    out: Path | None,
    repository: Path | None,
    netns: bool,
    wait: bool,
    command: str,
) -> int:
    """Begin a study, carry it out, and give its exit code; 0 too where there is nothing to take apart.

    Raises BadInput and MeasurementFailed as `perf compare` does, and BadInput for a claim that is no difference.
    """
    loads = comparing.workloads(False, workloads)
    plan = dataclasses.replace(
        comparing.design(True, seed, None, None, {}, budget_s), network_namespaces=netns
    )
    for one in (base, candidate):
        find(*one, repository=repository).require_start("perf explain")
    if netns:
        check_namespaces()
    command = comparing.with_seed(command, plan.seed)
    with machine_lock(wait, say):
        targets = [resolve(*one, repository=repository, say=say) for one in (base, candidate)]
        found = differences(*targets)
        claimed = _claimed(claim, found, candidate[1])
        if len(found) < 2:
            print(_little_to_take_apart(found, *targets))
            return 0
        keys = tuple(d.key for d in found)
        made = {
            arm: arm_target(
                arm,
                found,
                (*base, targets[0]),
                (*candidate, targets[1]),
                lambda n, o: resolve(n, o, repository=repository, say=say),
            )
            for arm in arms_of(keys, claimed)
        }
        folder, own = comparing.new_folder(out, *(t.name for t in targets))
        with kept(folder, own):
            place = comparing.place_for(folder, loads, None, False)
            study = Study(
                folder=folder,
                differences=found,
                claim=claimed,
                loads=loads,
                metric=metric(name),
                places={
                    arm: dataclasses.replace(place, logs=logs_of(folder, n, target))
                    for n, (arm, target) in enumerate(made.items(), 1)
                },
                arms={
                    arm: Arm(arm, new_comparison(targets[0], target, loads, plan, place, command))
                    for arm, target in made.items()
                },
            )
            say(_plan(found, made))
            say_in_turn(targets, netns)
            return study.carry_out()


def _claimed(claim: str | None, found: Sequence[Difference], asked: Mapping[str, str]) -> str | None:
    """Give the key of a claim, in the words of the version or as it was asked for.

    Raises BadInput for one that is no difference between the two.
    """
    if claim is None:
        return None
    keys = {d.key for d in found}
    told = {f"{d.key}={d.candidate}": d.key for d in found}
    said = {**{key: key for key in keys}, **{f"{k}={v}": k for k, v in asked.items() if k in keys}, **told}
    if claim in said:
        return said[claim]
    raise BadInput(
        f"--claim {claim} is no difference between the two; they differ in {', '.join(told) or 'nothing'}"
    )


def _little_to_take_apart(found: Sequence[Difference], base: Target, candidate: Target) -> str:
    if not found:
        return f"{base.name} and {candidate.name} do not differ: there is nothing to explain."
    (one,) = found
    remedy = (
        "perf bisect finds the commit" if one.key == "code" else "whatever perf compare finds is its doing"
    )
    return f"{base.name} and {candidate.name} differ in {one.key} alone ({one.base}, then {one.candidate}): {remedy}."


def _plan(found: Sequence[Difference], made: dict[Keys, Target]) -> str:
    told = ", ".join(f"{d.key} ({d.base}, then {d.candidate})" for d in found)
    return f"they differ in {told}; {len(made)} arms are measured, a round of all of them at a time"
