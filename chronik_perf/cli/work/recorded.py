"""Carries out what reads baselines: the tables of `perf baseline list`, `show` and `check`."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from chronik_perf.cli.saying import say
from chronik_perf.cli.work.tables import add_row, print_table
from chronik_perf.model import BadInput, Comparison, Environment, Side, metric
from chronik_perf.printing import one_line
from chronik_perf.sampling.machine import environment
from chronik_perf.store import RunFolder, load
from chronik_perf.store.baseline_folder import Kept, files, find, named
from chronik_perf.store.baselines import Recorded, not_comparable
from chronik_perf.store.drift import Drift, drift
from chronik_perf.targets.baseline import PREFIX, baseline_folder


def print_list(folder: Path | None) -> None:
    """List what is kept, and whether it may be compared with runs on this machine.

    Raises BadInput where the folder is not there, and after the list where a file in it cannot be read.
    """
    if folder is not None and not folder.is_dir():
        raise BadInput(f"there is no folder {folder}; give the one that baselines were saved into")
    where = _folder(folder)
    (found, broken), machine = files(where), here()
    if found:
        _list(found, machine)
    elif not broken:
        print(f"no baseline in {where}; make one with: perf baseline save RUN")
    for one in broken[:-1]:
        say(one_line(one.why))
    if broken:
        raise BadInput(broken[-1].why)


def print_one(name: str, folder: Path | None) -> None:
    """Print what is kept under a name. Raises BadInput if nothing is."""
    where, machine = _folder(folder), here()
    kept = find(name, machine, where) or named(name, where)[0]
    _head(kept, machine)
    table = _table("workload", "metric", "unit", "median", "lowest", "highest", "starts")
    for row in kept.baseline.metrics:
        numbers = (row.median, min(row.values), max(row.values))
        add_row(table, row.workload, _title(row), row.unit, *map(_number, numbers), str(row.n))
    print_table(table)


def print_drift(run: Path, side: Side, name: str | None, folder: Path | None) -> None:
    """Print one side of a run beside a baseline of its version. Raises BadInput if there is none that compares."""
    comparison = load(RunFolder.open(run).path)
    called = name or default_name(comparison, side)
    where = _folder(folder)
    # Of another class of machines it is no use, and `drift` says which one that is.
    kept = find(called, comparison.environment, where) or named(called, where)[0]
    rows = drift(kept.baseline, comparison, side)
    _head(kept, comparison.environment)
    table = _table("workload", "metric", "unit", "then", "now", "change", "")
    for row in rows:
        change = "" if row.relative is None else f"{row.relative:+.1%}"
        medians = (_number(row.then.median), _number(row.now.median))
        add_row(table, row.now.workload, _title(row.now), row.now.unit, *medians, change, _outside(row))
    print_table(table)
    print("this compares two days, not two versions: it tells drift and is no verdict")


def default_name(comparison: Comparison, side: Side) -> str:
    """Give what a baseline of one side of a run is called where nobody says: as its version, or as it was called."""
    return comparison.target(side).name.removeprefix(PREFIX)


def here() -> Environment:
    """Give this machine, with the disk of the current folder."""
    return environment(Path(), broker_core=None, load_core=None, clients={})


def _list(found: tuple[Kept, ...], machine: Environment) -> None:
    table = _table("name", "version", "recorded", "starts", "machine", "comparable here")
    for kept in found:
        one = kept.baseline
        starts = max((m.n for m in one.metrics), default=0)
        comparable = "no" if not_comparable(one, machine) else "yes"
        add_row(table, kept.name, one.title, one.recorded_at[:10], str(starts), one.machine.name, comparable)
    print_table(table)


def _folder(given: Path | None) -> Path:
    return baseline_folder(None) if given is None else given


def _head(kept: Kept, machine: Environment) -> None:
    one = kept.baseline
    print(one_line(f"{kept.name}: {one.title}, recorded {one.recorded_at[:10]}"))
    print(one_line(f"on {one.machine.name}{f'; warnings about it: {one.warnings}' if one.warnings else ''}"))
    if why := not_comparable(one, machine):
        print(one_line(why))


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
