"""Carries out `perf explain`: the differences, the arms, the rounds, the account."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.cli import comparing
from chronik_perf.cli.display import Display
from chronik_perf.cli.namespaces import check_namespaces, say_in_turn
from chronik_perf.cli.saying import say
from chronik_perf.experiment import Place, machine_lock, new_comparison
from chronik_perf.experiment.ablation import Keys, ablate
from chronik_perf.model import BadInput, Metric, Target, Workload, metric
from chronik_perf.model.ablation import Account, Arm, Difference, Explanation
from chronik_perf.report import explanation_text, render_report
from chronik_perf.report.terminal import printable
from chronik_perf.stats import judge
from chronik_perf.stats.ablation import account, arms_of, causes_of, still_needed
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
    netns: bool,
    wait: bool,
    command: str,
) -> int:
    """Measure until all is answered or the budget is spent, print the account, and give the exit code.

    0: answered; 3: something is open. Raises BadInput and MeasurementFailed as `perf compare` does, and BadInput for a
    claim that is no difference.
    """
    begun = time.monotonic()
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
        with _kept(folder, own):
            place = comparing.place_for(folder, loads, None, False)
            study = _Study(
                folder=folder,
                differences=found,
                claim=claimed,
                loads=loads,
                metric=metric(name),
                places={
                    arm: dataclasses.replace(place, logs=_logs(folder, n, target))
                    for n, (arm, target) in enumerate(made.items(), 1)
                },
                arms={
                    arm: Arm(arm, new_comparison(targets[0], target, loads, plan, place, command))
                    for arm, target in made.items()
                },
            )
            say(_plan(found, made))
            say_in_turn(targets, netns)
            try:
                study.measure()
            except BaseException:
                if study.began:
                    say(f"what was measured is accounted for in {study.write(begun, complete=False)[1]}")
                raise
    explanation, path = study.write(begun, complete=True)
    print(printable(explanation_text.render(explanation, loads)))
    print(f"\nexplanation: {path}\nreport: {study.report(explanation)}")
    return 0 if all(a.settled for a in explanation.accounts) else 3


@dataclass(slots=True)
class _Study:
    """What is measured, where, and what has been."""

    folder: RunFolder
    differences: tuple[Difference, ...]
    claim: str | None
    loads: tuple[Workload, ...]
    metric: Metric
    places: dict[Keys, Place]
    arms: dict[Keys, Arm]

    @property
    def everything(self) -> Keys:
        """All differences together: the candidate."""
        return tuple(d.key for d in self.differences)

    @property
    def began(self) -> bool:
        """Tell whether the candidate itself has a block."""
        return bool(self.arms[self.everything].comparison.blocks)

    def measure(self) -> None:
        """Measure to the end, saving each arm whenever it has grown."""
        comparisons = {keys: arm.comparison for keys, arm in self.arms.items()}
        with (
            Display() as display,
            contextlib.closing(ablate(comparisons, self.places, self._needed, display.progress)) as growing,
        ):
            for one in growing:
                self._keep(one)
        for arm in list(self.arms.values()):
            if arm.comparison.blocks:
                self._keep(Arm(arm.keys, dataclasses.replace(arm.comparison, complete=True)))

    def write(self, begun: float, *, complete: bool) -> tuple[Explanation, Path]:
        """Account for what was measured, and write it."""
        whole = self.arms[self.everything].comparison
        explanation = Explanation(
            schema_version=EXPLANATION_SCHEMA,
            base=whole.base.name,
            candidate=whole.candidate.name,
            differences=self.differences,
            claim=self.claim,
            accounts=tuple(self._accounts(list(self.arms.values()))),
            arms={self.places[keys].logs.parent.name: keys for keys in self.arms},
            command=whole.command,
            elapsed_s=time.monotonic() - begun,
            complete=complete,
        )
        return explanation, save_explanation(explanation, self.folder.path)

    def report(self, explanation: Explanation) -> Path:
        """Write the report of the two versions themselves, which begins with what explains the change."""
        whole = self.arms[self.everything].comparison
        told = dataclasses.replace(whole, causes=causes_of(explanation.accounts))
        self._keep(Arm(self.everything, told))
        return render_report(told, judge(told), self.places[self.everything].logs.parent)["report.html"]

    def _keep(self, arm: Arm) -> None:
        self.arms[arm.keys] = arm
        save(arm.comparison, self.places[arm.keys].logs.parent)

    def _needed(self, so_far: Sequence[Arm]) -> tuple[list[Keys], list[str]]:
        return still_needed(self._accounts(so_far), self.everything, list(self.arms))

    def _accounts(self, arms: Sequence[Arm]) -> list[Account]:
        of = self.metric
        return [account(self.differences, arms, of, w, of.threshold, self.claim) for w in self.loads]


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


def _logs(folder: RunFolder, number: int, target: Target) -> Path:
    """Make the folder of one arm, a run of its own that `perf report` reads, and give that of its logs."""
    logs = (
        folder.path / f"{number}-{file_word(target.name)}" / "logs"
    )  # long names are cut, and may then be one
    logs.mkdir(parents=True, exist_ok=True)
    return logs


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
