"""`perf compare`: measure two versions side by side and say whether the second regressed."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import os
import secrets
import shlex
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chronik_perf.cli.display import Display
from chronik_perf.cli.options import overrides, thresholds
from chronik_perf.experiment import (
    Place,
    choose_place,
    default_design,
    default_workloads,
    machine_lock,
    new_comparison,
    run,
)
from chronik_perf.model import BadInput, Comparison, Outcome, Verdict, Workload, differing_field
from chronik_perf.report import render_report, text
from chronik_perf.stats import design_check, judge
from chronik_perf.store import RunFolder, load, save, write_artifacts
from chronik_perf.targets import resolve


class OnInconclusive(StrEnum):
    """How CI takes a verdict that could not be reached."""

    FAIL = "fail"
    PASS = "pass"


EXIT_CODES: dict[Outcome, int] = {"none": 0, "regression": 1, "inconclusive": 3}


def compare(
    base: Annotated[
        str | None, typer.Argument(help="The version that is taken as good, such as v2.2.0.")
    ] = None,
    candidate: Annotated[str | None, typer.Argument(help="The version in question, such as v2.2.7.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Workloads acks1 and raw, within 60 s.")] = False,
    workload: Annotated[
        list[str] | None, typer.Option(help="Measure only this workload: acks1, raw or acks0. Repeatable.")
    ] = None,
    blocks: Annotated[int | None, typer.Option(min=1, help="How many blocks of fresh starts.")] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(help="METRIC=X or METRIC@WORKLOAD=X, such as throughput@acks1=3%. Repeatable."),
    ] = None,
    family_error: Annotated[
        float, typer.Option(help="Chance of any false verdict in the whole comparison.")
    ] = 0.01,
    set_base: Annotated[
        list[str] | None, typer.Option(help="Override KEY=VALUE in the base's configuration. Repeatable.")
    ] = None,
    set_candidate: Annotated[
        list[str] | None,
        typer.Option(help="Override KEY=VALUE in the candidate's configuration. Repeatable."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; must not exist or be empty.")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Add blocks to this run instead of starting one.")
    ] = None,
    on_inconclusive: Annotated[
        OnInconclusive,
        typer.Option(help="Exit with 3 (fail) or with 0 (pass) when nothing could be decided."),
    ] = OnInconclusive.FAIL,
    profiles: Annotated[
        bool, typer.Option("--profiles/--no-profiles", help="Take profiles after the blocks.")
    ] = True,
    data_dir: Annotated[Path | None, typer.Option(help="Disk for the brokers' data; else the run's.")] = None,
    allow_tmpfs: Annotated[
        bool, typer.Option("--allow-tmpfs", help="Measure acks=1 though a sync is free.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Repeat the random orders of an earlier run.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another measurement runs here.")] = False,
) -> int:
    """Measure BASE and CANDIDATE side by side and say whether CANDIDATE regressed."""
    with machine_lock(wait):
        if resume is not None:
            folder, comparison, place = _resumed(
                resume, base, candidate, workload, blocks, quick, data_dir, allow_tmpfs
            )
        else:
            if base is None or candidate is None:
                raise BadInput("two versions are needed, such as: perf compare v2.2.0 v2.2.7")
            workloads = _workloads(quick, workload)
            design = default_design(
                quick,
                seed if seed is not None else secrets.randbelow(2**31),
                blocks,
                family_error,
                thresholds(threshold or []),
            )
            print(design_check(design, workloads).sentence, file=sys.stderr, flush=True)
            targets = (
                resolve(base, overrides(set_base or [])),
                resolve(candidate, overrides(set_candidate or [])),
            )
            folder = RunFolder.create(out, *(t.name for t in targets))
            place = _place(folder, workloads, data_dir, allow_tmpfs)
            comparison = new_comparison(*targets, workloads, design, place, _command())
        comparison, verdict = _measure(comparison, folder, place, profiles)
    write_artifacts(comparison, folder)
    paths = render_report(comparison, verdict, folder.path)
    print(text.render(comparison, verdict))
    print(f"\nreport: {paths['report.html']}")
    if verdict.outcome == "inconclusive" and on_inconclusive is OnInconclusive.PASS:
        return 0
    return EXIT_CODES[verdict.outcome]


def _measure(
    comparison: Comparison, folder: RunFolder, place: Place, profiles: bool
) -> tuple[Comparison, Verdict]:
    """Run to the end, saving after each block; on Ctrl-C say where what was measured lies."""
    latest = comparison
    with Display() as display, _kept(folder):
        for latest in run(comparison, place, display.progress, profiles=profiles):
            save(latest, folder.path)
            display.estimate(judge(latest))
    return latest, judge(latest)


@contextlib.contextmanager
def _kept(folder: RunFolder) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if folder.comparison_path.exists():
            print(
                f"what was measured is kept in {folder.path}; add to it with: perf compare --resume {folder.path}",
                file=sys.stderr,
            )
        raise


def _resumed(
    path: Path,
    base: str | None,
    candidate: str | None,
    names: list[str] | None,
    blocks: int | None,
    quick: bool,
    data_dir: Path | None,
    allow_tmpfs: bool,
) -> tuple[RunFolder, Comparison, Place]:
    folder = RunFolder.open(path)
    earlier = load(folder.path)
    for given, had in ((base, earlier.base.name), (candidate, earlier.candidate.name)):
        if given is not None and given != had:
            raise BadInput(
                f"{path} compares {earlier.base.name} with {earlier.candidate.name}, not {given}; leave the names away"
            )
    if names or quick:
        _same_workloads(path, earlier.workloads, _workloads(quick, names))
    more = blocks or earlier.design.blocks
    design = dataclasses.replace(earlier.design, blocks=more, look=earlier.design.look + 1)
    place = _place(folder, earlier.workloads, data_dir, allow_tmpfs)
    if place.environment.fingerprint != earlier.environment.fingerprint:
        raise BadInput(
            f"{path} was measured on another machine, and blocks of two machines do not add up; start a new run here"
        )
    return folder, dataclasses.replace(earlier, design=design, complete=False), place


def _same_workloads(path: Path, had: tuple[Workload, ...], asked: tuple[Workload, ...]) -> None:
    if [w.name for w in had] != [w.name for w in asked]:
        raise BadInput(
            f"{path} measured the workloads {', '.join(w.name for w in had)} and not "
            f"{', '.join(w.name for w in asked)}; different workloads are never compared"
        )
    for left, right in zip(had, asked, strict=True):
        if difference := differing_field(left, right):
            raise BadInput(f"workload {left.name} of {path} is another one: {difference}; start a new run")


def _workloads(quick: bool, names: list[str] | None) -> tuple[Workload, ...]:
    try:
        return default_workloads(quick, tuple(names or ()))
    except KeyError as error:
        raise BadInput(f"there is no workload {error.args[0]!r}; known are acks1, raw and acks0") from None


def _place(
    folder: RunFolder, workloads: tuple[Workload, ...], data_dir: Path | None, allow_tmpfs: bool
) -> Place:
    clients = {name: importlib.metadata.version(name) for name in ("confluent-kafka",)}
    # A folder of our own below the one that was named, because it is deleted afterwards.
    data_root = (data_dir or folder.path) / f"data-{os.getpid()}"
    return choose_place(data_root, folder.logs, workloads, allow_tmpfs=allow_tmpfs, clients=clients)


def _command() -> str:
    return shlex.join(["perf", *sys.argv[1:]])
