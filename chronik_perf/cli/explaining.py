"""Carries out `perf explain`: the differences, the arms, the rounds, the account."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from chronik_perf.cli import comparing
from chronik_perf.cli.display import Display
from chronik_perf.cli.saying import say
from chronik_perf.experiment import Place, machine_lock, new_comparison
from chronik_perf.experiment.ablation import Keys, ablate
from chronik_perf.model import BadInput, Comparison, Metric, Target, Workload, metric
from chronik_perf.model.ablation import Account, Arm, Difference, Explanation
from chronik_perf.report import explanation_text, render_report
from chronik_perf.report.terminal import printable
from chronik_perf.stats import judge
from chronik_perf.stats.ablation import account, arms_of, still_needed
from chronik_perf.store import save
from chronik_perf.store.document import NAME
from chronik_perf.store.explanation import EXPLANATION_SCHEMA, save_explanation
from chronik_perf.store.run_folder import RunFolder, file_word
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
    wait: bool,
    command: str,
) -> int:
    """Measure until all is answered or the budget is spent, print the account, and give the exit code.

    0: answered; 3: something is open. Raises BadInput and MeasurementFailed as `perf compare` does, and BadInput for a
    claim that is no difference.
    """
    begun = time.monotonic()
    loads = comparing.workloads(False, workloads)
    plan = comparing.design(True, seed, None, None, {}, budget_s)
    for one in (base, candidate):
        find(*one, repository=repository).require_start("perf explain")
    if "--seed" not in command:
        command = f"{command} --seed {plan.seed}"
    with machine_lock(wait, say):
        targets = [resolve(*one, repository=repository, say=say) for one in (base, candidate)]
        found = differences(*targets)
        claimed = _claimed(claim, found)
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
        with _kept(folder, own):
            place = comparing.place_for(folder, loads, None, False)
            places = {
                arm: dataclasses.replace(place, logs=_logs(folder, n, target))
                for n, (arm, target) in enumerate(made.items(), 1)
            }
            comparisons = {
                arm: new_comparison(targets[0], target, loads, plan, place, command)
                for arm, target in made.items()
            }
            say(_plan(found, made))
            arms = _measured(comparisons, places, found, loads, metric(name))
    explanation = Explanation(
        schema_version=EXPLANATION_SCHEMA,
        base=targets[0].name,
        candidate=targets[1].name,
        differences=found,
        claim=claimed,
        accounts=tuple(_accounts(arms, found, loads, metric(name))),
        arms={places[a.keys].logs.parent.name: a.keys for a in arms},
        command=command,
        elapsed_s=time.monotonic() - begun,
    )
    path = save_explanation(explanation, folder.path)
    report = _report(arms, places, keys, explanation_text.sentences(explanation, loads))
    print(printable(explanation_text.render(explanation, loads)))
    print(f"\nexplanation: {path}\nreport: {report}")
    return 0 if all(a.settled for a in explanation.accounts) else 3


@contextlib.contextmanager
def _kept(folder: RunFolder, own: tuple[Path, ...]) -> Iterator[None]:
    """When it fails, say where the arms that were measured lie; an arm without a block leaves only what it logged."""
    try:
        yield
    except BaseException as error:
        for arm in (p for p in folder.path.iterdir() if p.is_dir()):
            if not (arm / NAME).exists():
                comparing.tidy(RunFolder(arm), (arm,), told=isinstance(error, Exception))
        comparing.tidy(folder, own, told=isinstance(error, Exception))
        if any(folder.path.glob(f"*/{NAME}")):
            say(f"what was measured is kept in {folder.path}, an arm a folder; perf report reads each")
        raise


def _measured(
    comparisons: dict[Keys, Comparison],
    places: dict[Keys, Place],
    found: Sequence[Difference],
    loads: tuple[Workload, ...],
    of: Metric,
) -> list[Arm]:
    arms = {keys: Arm(keys, comparison) for keys, comparison in comparisons.items()}
    everything = tuple(d.key for d in found)

    def needed(so_far: Sequence[Arm]) -> tuple[list[Keys], list[str]]:
        return still_needed(_accounts(so_far, found, loads, of), everything, list(arms))

    with (
        Display() as display,
        contextlib.closing(ablate(comparisons, places, needed, display.progress)) as growing,
    ):
        for one in growing:
            arms[one.keys] = one
            save(one.comparison, places[one.keys].logs.parent)
    return list(arms.values())


def _accounts(
    arms: Sequence[Arm], found: Sequence[Difference], loads: tuple[Workload, ...], of: Metric
) -> list[Account]:
    return [account(found, arms, of, w, of.threshold) for w in loads]


def _logs(folder: RunFolder, number: int, target: Target) -> Path:
    """Make the folder of one arm, a run of its own that `perf report` reads, and give that of its logs."""
    logs = (
        folder.path / f"{number}-{file_word(target.name)}" / "logs"
    )  # long names are cut, and may then be one
    logs.mkdir(parents=True, exist_ok=True)
    return logs


def _report(
    arms: Sequence[Arm], places: dict[Keys, Place], everything: Keys, explained: dict[str, str]
) -> Path:
    """Write the report of the two versions themselves, which begins with what explains the change."""
    (whole,) = (a.comparison for a in arms if a.keys == everything)
    told = dataclasses.replace(whole, explained=explained)
    folder = places[everything].logs.parent
    save(told, folder)
    return render_report(told, judge(told), folder)["report.html"]


def _claimed(claim: str | None, found: Sequence[Difference]) -> str | None:
    """Give the key of a claim. Raises BadInput for one that is no difference between the two."""
    if claim is None:
        return None
    told = {f"{d.key}={d.candidate}": d.key for d in found}
    if claim in told or claim in told.values():
        return told.get(claim, claim)
    known = ", ".join(told) or "nothing"
    raise BadInput(f"--claim {claim} is no difference between the two; they differ in {known}")


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
