"""Carries out `perf compare`: a run is begun or resumed, measured block by block, judged and reported."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.cli.clients import NO_FILE, Clients
from chronik_perf.cli.saying import say
from chronik_perf.cli.work.display import Display
from chronik_perf.cli.work.namespaces import check_namespaces, say_in_turn
from chronik_perf.cli.work.reporting import write_report
from chronik_perf.cli.work.witness import Witness, witnesses
from chronik_perf.experiment import (
    Place,
    choose_place,
    default_design,
    default_workloads,
    machine_lock,
    new_comparison,
    run,
)
from chronik_perf.load.clients import client_versions
from chronik_perf.model import BadInput, Comparison, Design, Verdict, Workload, metric
from chronik_perf.stats import design_check, judge
from chronik_perf.stats.planning.thresholds import calibration_sentence, with_learnt
from chronik_perf.store import RunFolder, save
from chronik_perf.store.calibration import load_calibration
from chronik_perf.store.run_folder import remove_if_empty
from chronik_perf.targets import Found, find
from chronik_perf.targets.secrets import differing


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be measured, and where."""

    comparison: Comparison
    folder: RunFolder
    place: Place
    witnesses: tuple[Witness, ...] = ()


@contextlib.contextmanager
def begun(
    base: tuple[str, dict[str, str]],
    candidate: tuple[str, dict[str, str]],
    loads: tuple[Workload, ...],
    plan: Design,
    learnt: Path | None,
    out: Path | None,
    data_dir: Path | None,
    allow_tmpfs: bool,
    wait: bool,
    command: str,
    repository: Path | None,
    notes: tuple[str, ...] = (),
    clients: Clients = NO_FILE,
    resumable: bool = True,
) -> Iterator[Job]:
    """Begin a run of two versions, each a name and its overrides; when it fails, only what tells something stays.

    The machine is taken only when all that was asked for can be, and before a version is built. A seed that was drawn
    is added to the command, so that it reproduces the run. `notes` are sentences that every report repeats; `resumable`
    tells whether the command that asks has --resume.

    Raises BadInput for what cannot be, and MeasurementFailed where this machine cannot.
    """
    history = load_calibration(learnt) if learnt is not None else None
    asked = plan.thresholds
    plan = dataclasses.replace(with_learnt(plan, loads, history), client_config=clients.shown)
    power = design_check(plan, loads)
    found = [find(*named, repository=repository) for named in (base, candidate)]
    _check_thresholds(asked, found)
    if plan.network_namespaces:
        check_namespaces(all(one.started for one in found))
    heard = witnesses((base[0], candidate[0]), repository)
    command = with_seed(command, plan.seed)
    if out is not None:
        _check_folder(out, resumable)
    with machine_lock(wait, say):
        # A build loads the machine as a measurement does, and would spoil another one's.
        targets = [one.target(say) for one in found]
        with kept(*new_folder(out, *(t.name for t in targets))) as folder:
            starts = any(one.started for one in found)
            place = place_for(folder, loads, data_dir, allow_tmpfs, starts, clients)
            if history is not None and history.fingerprint != place.environment.fingerprint:
                shutil.rmtree(place.data_root, ignore_errors=True)
                raise BadInput(
                    f"{learnt} was learnt on another machine, and how far one varies says nothing of the other; "
                    "learn it here with: perf doctor --learn RUNS"
                )
            say(power.sentence)
            made = new_comparison(targets[0], targets[1], loads, plan, place, command)
            say_in_turn(targets, plan.network_namespaces)
            said = (
                *made.notes,
                *differing(*targets),
                *notes,
                *(one.before(made) for one in heard),
                calibration_sentence(history, made),
            )
            yield Job(dataclasses.replace(made, notes=said), folder, place, heard)


def with_seed(command: str, seed: int) -> str:
    """Add the seed that was drawn to a command that names none, so that it repeats the run."""
    return command if "--seed" in command else f"{command} --seed {seed}"


def workloads(quick: bool, names: list[str] | None) -> tuple[Workload, ...]:
    """Give the workloads that were asked for. Raises BadInput for one that there is not."""
    try:
        return default_workloads(quick, tuple(dict.fromkeys(names or ())))
    except KeyError as error:
        raise BadInput(f"there is no workload {error.args[0]!r}; known are acks1, raw and acks0") from None


def design(
    quick: bool,
    seed: int | None,
    blocks: int | None,
    family_error: float | None,
    thresholds: dict[str, float],
    budget_s: float | None,
) -> Design:
    """Give the plan of a new run; its random orders are new where no seed is given."""
    seed = seed if seed is not None else secrets.randbelow(2**31)
    plan = default_design(quick, seed, blocks, thresholds=thresholds, budget_s=budget_s)
    return plan if family_error is None else dataclasses.replace(plan, family_error=family_error)


def carry_out(job: Job, profiles: bool) -> tuple[Comparison, Verdict]:
    """Measure to the end, then judge, write the report and print it."""
    latest = measured(job, profiles)
    say("writing the report")
    return latest, write_report(latest, job.folder.path)


def measured(job: Job, profiles: bool) -> Comparison:
    """Measure to the end, saving after each block; then hear what was stored."""
    latest = job.comparison
    with (
        Display() as display,
        contextlib.closing(run(job.comparison, job.place, display.progress, profiles=profiles)) as growing,
    ):
        for latest in growing:
            save(latest, job.folder.path)
            display.estimate(judge(latest, evidence=False))
    if said := tuple(note for witness in job.witnesses if (note := witness.after(latest))):
        latest = dataclasses.replace(latest, notes=(*latest.notes, *said))
        save(latest, job.folder.path)
    return latest


def _check_thresholds(asked: Mapping[str, float], found: Sequence[Found]) -> None:
    """Refuse a threshold for what cannot be measured on a broker that perf does not start. Raises BadInput."""
    of_process = [key for key in asked if metric(key.partition("@")[0]).of_process]
    if of_process and not all(one.started for one in found):
        raise BadInput(
            f"the process of a kafka:// broker is not looked into, so {of_process[0]} decides nothing there; leave its "
            "threshold away"
        )


def _check_folder(out: Path, resumable: bool) -> None:
    """Find out whether the folder can be, and leave nothing: that is a fault of the call, whoever has the machine."""
    missing = [p for p in (out, *out.parents) if not p.exists()]
    try:
        RunFolder.create(out, "", "", resumable=resumable)
    finally:
        for made in missing:
            with contextlib.suppress(OSError):  # it never was, or another has put something there
                made.rmdir()


def new_folder(out: Path | None, base: str, candidate: str) -> tuple[RunFolder, tuple[Path, ...]]:
    """Make the run's folder; give it with the folders that are ours to take away again, innermost first."""
    theirs = out is not None and out.exists()
    folder = RunFolder.create(out, base, candidate)
    if theirs:
        return folder, ()
    return folder, (folder.path,) if out is not None else (folder.path, folder.path.parent)


@contextlib.contextmanager
def kept(folder: RunFolder, own: tuple[Path, ...]) -> Iterator[RunFolder]:
    """When it fails, say where what was measured lies; where nothing was, leave only logs that tell why."""
    try:
        yield folder
    except BaseException as error:
        if folder.comparison_path.exists():
            say(
                f"what was measured is kept in {folder.path}; add to it with: perf compare --resume {folder.path}"
            )
        else:
            tidy(folder, own, told=isinstance(error, Exception))
        raise


def tidy(folder: RunFolder, own: tuple[Path, ...], told: bool) -> None:
    """Take away what a run that measured nothing has made; logs that say something stay where `told`."""
    # A sentence on a broker that failed names its log; one that was interrupted has nothing to tell.
    if folder.logs.is_dir():
        for log in folder.logs.iterdir():
            if not told or log.stat().st_size == 0:
                log.unlink()
    for emptied in (folder.logs, *own):
        remove_if_empty(emptied)


def place_for(
    folder: RunFolder,
    loads: tuple[Workload, ...],
    data_dir: Path | None,
    allow_tmpfs: bool,
    starts: bool = True,
    clients: Clients = NO_FILE,
) -> Place:
    # A folder of our own below the one that was named, because it is deleted afterwards.
    parent = data_dir or folder.path
    made = not parent.exists()
    data_root = parent / f"data-{os.getpid()}"
    try:
        return choose_place(
            data_root,
            folder.logs,
            loads,
            allow_tmpfs=allow_tmpfs,
            clients=client_versions(),
            starts=starts,
            client_config=clients.config,
        )
    except BaseException:
        shutil.rmtree(parent if made else data_root, ignore_errors=True)
        raise
