"""Carries out what changes the folder of baselines: `perf baseline save`, `promote` and `remove`."""

from __future__ import annotations

from pathlib import Path

from chronik_perf import resources
from chronik_perf.cli.options import check_folder
from chronik_perf.cli.work.keeping import reservations
from chronik_perf.cli.work.recorded import default_name, here
from chronik_perf.model import BadInput, Environment, Side
from chronik_perf.report.terminal import printable
from chronik_perf.store import RunFolder, baseline_folder, load
from chronik_perf.store.baseline_folder import Broken, Kept
from chronik_perf.store.baselines import machine_of, not_comparable
from chronik_perf.targets.baseline import baseline_folder as default_folder
from chronik_perf.targets.git import find_repository


def save(run: Path, side: Side, name: str | None, folder: Path | None) -> None:
    """Keep one side of a run, and print what should be known about it.

    Raises BadInput where nobody could tell which version it was, and for a name that no file can have.
    """
    comparison = load(RunFolder.open(run).path)
    kept, was = baseline_folder.save(
        comparison, side, name or default_name(comparison, side), _writable(folder)
    )
    _print(f"saved: {kept.path}: {kept.baseline.title}")
    if was is not None:
        _print(f"replaced: {_told(was)}")
    if kept.baseline.provenance.source == "command":
        _print(
            "note: a command has no commit; it can be measured again only where that program still is what it was"
        )
    for note in reservations(comparison, side):
        _print(note)
    for warning in comparison.environment.warnings:
        _print(f"note: when it was measured, {warning}")


def promote(name: str, new: str, folder: Path | None) -> None:
    """Give a baseline's version another name, and print what that had been. Raises BadInput for none of that name."""
    done = baseline_folder.promote(name, new, _writable(folder))
    for kept in done.kept:
        _print(f"{new}: {kept.baseline.title} on {kept.path.parent.name}")
    for was in done.replaced:
        _print(f"replaced: {_told(was)}")
    for was in done.gone:
        _print(f"removed: {_told(was)}, where {name} was not measured: {new} stands for one version")


def remove(name: str, all_machines: bool, folder: Path | None) -> None:
    """Delete a baseline, and print what it was. Raises BadInput where there is none of that name here."""
    where, machine = _writable(folder), here()
    readable, broken = baseline_folder.files(where, name)
    found: tuple[Kept | Broken, ...] = (*readable, *broken)
    found = found or baseline_folder.named(name, where)
    own = tuple(one for one in found if all_machines or _is_of(one, machine))
    if not own:
        others = ", ".join(kept.path.parent.name for kept in found)
        raise BadInput(
            f"{name} is kept for other classes of machines alone ({others}); --all-machines removes those, too"
        )
    baseline_folder.remove(own)
    for kept in own:
        _print(f"removed: {_told(kept)}")


def _is_of(one: Kept | Broken, machine: Environment) -> bool:
    if isinstance(one, Broken):  # the folder of a class is named by it
        return one.path.parent.name == machine_of(machine).name
    return not_comparable(one.baseline, machine) is None


def _told(kept: Kept | Broken) -> str:
    if isinstance(kept, Broken):
        return f"{kept.name}, which could not be read, on {kept.path.parent.name}"
    return f"{kept.name} was {kept.baseline.title} of {kept.baseline.recorded_at[:10]}, on {kept.path.parent.name}"


def _writable(folder: Path | None) -> Path:
    """Give the folder to write to. Raises BadInput where nothing can be, or for one of this installation."""
    if folder is not None:
        check_folder("--folder", folder)
        return folder
    if find_repository(None) is None and not resources.is_checkout():
        raise BadInput(
            "say with --folder where baselines lie: there is no repository with a perf.toml around here, and this perf "
            "is installed, not a checkout"
        )
    return default_folder(None)


def _print(text: str) -> None:
    print(printable(text))
