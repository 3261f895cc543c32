"""Carries out `perf baseline`: the tables that it prints, and the file that it writes."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from chronik_perf import resources
from chronik_perf.cli.keeping import reservations
from chronik_perf.model import BadInput, Environment, Side, metric
from chronik_perf.sampling.machine import environment
from chronik_perf.store import RunFolder, load
from chronik_perf.store.baselines import Baseline, Recorded, baselines, find, not_comparable
from chronik_perf.store.baselines import record as record_baseline
from chronik_perf.store.drift import Drift, drift


def print_list(folder: Path | None) -> None:
    """List what was recorded, and whether it may be compared with runs on this machine.

    Raises BadInput where the folder is not there.
    """
    if folder is not None and not folder.is_dir():
        raise BadInput(f"there is no folder {folder}; give the one that baselines were recorded into")
    found, here = baselines(_folder(folder)), _here()
    if not found:
        print(f"no baseline in {_folder(folder)}; make one with: perf baseline record RUN --side base")
        return
    table = _table("release", "recorded", "starts", "machine", "comparable here")
    for one in found:
        starts = max((m.n for m in one.metrics), default=0)
        comparable = "no" if not_comparable(one, here) else "yes"
        table.add_row(one.release, one.recorded_at[:10], str(starts), one.machine.name, comparable)
    _print(table)


def print_one(name: str, folder: Path | None) -> None:
    """Print what was recorded of a release. Raises BadInput if nothing was."""
    where, here = _folder(folder), _here()
    one = find(name, here, where)
    if one is None:
        there = baselines(where)
        others = [b for b in there if b.release == name]
        if not others:
            known = ", ".join(sorted({b.release for b in there})) or "none"
            raise BadInput(f"no baseline of {name!r} in {where}; recorded are: {known}")
        one = others[0]
    _head(one, here)
    table = _table("workload", "metric", "unit", "median", "lowest", "highest", "starts")
    for row in one.metrics:
        numbers = (row.median, min(row.values), max(row.values))
        table.add_row(row.workload, _title(row), row.unit, *map(_number, numbers), str(row.n))
    _print(table)


def record(run: Path, side: Side, folder: Path | None) -> None:
    """Record one side of a run as a baseline, and print what should be known about it."""
    if folder is None and not resources.is_checkout():
        raise BadInput(
            "say with --folder where the baseline shall lie: this perf is installed, not a checkout"
        )
    comparison = load(RunFolder.open(run).path)
    path = record_baseline(comparison, side, _folder(folder))
    print(f"recorded: {path}")
    for note in reservations(comparison, side):
        print(note)
    for warning in comparison.environment.warnings:
        print(f"note: when it was measured, {warning}")


def print_drift(run: Path, side: Side, folder: Path | None) -> None:
    """Print one side of a run beside its release's baseline. Raises BadInput if there is none that compares."""
    comparison = load(RunFolder.open(run).path)
    target = comparison.target(side)
    where = _folder(folder)
    one = find(target.name, comparison.environment, where)
    if one is None:
        others = [b for b in baselines(where) if b.release == target.name]
        if not others:
            raise BadInput(
                f"no baseline of {target.name} in {where}; make one with: perf baseline record {run}"
            )
        raise BadInput(f"{target.name} is {not_comparable(others[0], comparison.environment)}")
    _head(one, comparison.environment)
    table = _table("workload", "metric", "unit", "then", "now", "change", "")
    for row in drift(one, comparison, side):
        change = "" if row.relative is None else f"{row.relative:+.1%}"
        medians = (_number(row.then.median), _number(row.now.median))
        table.add_row(row.now.workload, _title(row.now), row.now.unit, *medians, change, _outside(row))
    _print(table)
    print("this compares two days, not two versions: it tells drift and is no verdict")


def _folder(given: Path | None) -> Path:
    return resources.folder("baselines") if given is None else given


def _here() -> Environment:
    return environment(Path(), broker_core=None, load_core=None, clients={})


def _head(one: Baseline, here: Environment) -> None:
    state = {True: ", uncommitted changes", False: "", None: ""}[one.dirty]
    print(f"{one.release}, recorded {one.recorded_at[:10]}, commit {(one.commit or 'unknown')[:12]}{state}")
    print(f"on {one.machine.name}" + (f"; warnings about it: {one.warnings}" if one.warnings else ""))
    if why := not_comparable(one, here):
        print(why)


def _title(row: Recorded) -> str:
    try:
        return metric(row.metric).title
    except KeyError:
        return row.metric


def _outside(row: Drift) -> str:
    return "outside what was recorded" if row.outside else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False)
    numbers = {"median", "lowest", "highest", "starts", "then", "now", "change"}
    for head in heads:
        table.add_column(head, justify="right" if head in numbers else "left", no_wrap=True)
    return table


def _print(table: Table) -> None:
    # A pipe gets whole lines: what is cut to fit a screen that is not there helps nobody.
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=200)
    console.print(table)
