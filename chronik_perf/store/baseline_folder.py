"""The folder of baselines, `<class of machines>/<name>.json`: what is there by name, kept, promoted, removed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from chronik_perf.model import BadInput, Comparison, Environment, MeasurementFailed, Side
from chronik_perf.store.baselines import Baseline, as_text, not_comparable, of_run, read_baseline
from chronik_perf.store.reading import write
from chronik_perf.store.run_folder import file_word


@dataclass(frozen=True, slots=True)
class Kept:
    """A baseline as it lies in a folder."""

    path: Path
    baseline: Baseline

    @property
    def name(self) -> str:
        """Give what it is called."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Broken:
    """A file in the place of a baseline that cannot be read, and the sentence that says why."""

    path: Path
    why: str

    @property
    def name(self) -> str:
        """Give what it is called."""
        return self.path.stem


@dataclass(frozen=True, slots=True)
class Promoted:
    """What promoting changed: what has the new name now, what had it there, and what has gone from other machines."""

    kept: tuple[Kept, ...]
    replaced: tuple[Kept | Broken, ...]
    gone: tuple[Kept | Broken, ...]


def files(folder: Path, name: str | None = None) -> tuple[tuple[Kept, ...], tuple[Broken, ...]]:
    """Give all baselines of a folder, or those of one name, by class of machines; and beside them what is broken."""
    kept, broken = [], []
    # A name may hold what `glob` would take for a pattern; those of files never begin with a dot.
    for path in sorted(folder.glob("*/*.json")):
        if not path.name.startswith(".") and name in (None, path.stem):
            try:
                kept.append(Kept(path, read_baseline(path)))
            except BadInput as error:
                broken.append(Broken(path, str(error)))
    return tuple(kept), tuple(broken)


def baselines(folder: Path, name: str | None = None) -> tuple[Kept, ...]:
    """Give all baselines of a folder, or those of one name, by class of machines. Raises BadInput for a broken one."""
    kept, broken = files(folder, name)
    if broken:
        raise BadInput(broken[0].why)
    return kept


def named(name: str, folder: Path) -> tuple[Kept, ...]:
    """Give the baselines of a name, one a class of machines. Raises BadInput, which tells the names, for none."""
    found = baselines(folder, name)
    if not found:
        known = ", ".join(sorted({path.stem for path in folder.glob("*/*.json")})) or "none"
        raise BadInput(f"no baseline {name!r} in {folder}; there are: {known}")
    return found


def version_of(found: tuple[Kept, ...]) -> Baseline:
    """Give the version that one name stands for, on whatever machine that is asked: the one that was measured last."""
    return max(found, key=lambda kept: kept.baseline.recorded_at).baseline


def find(name: str, environment: Environment, folder: Path) -> Kept | None:
    """Give the baseline of a name for this class of machines; None if there is none."""
    for kept in baselines(folder, name):
        if not_comparable(kept.baseline, environment) is None:
            return kept
    return None


def same_version(one: Baseline, other: Baseline) -> bool:
    """Tell whether two are of one version: of a commit, else of a name, whatever code a release was carried out by."""
    if one.overrides != other.overrides:
        return False
    commits = [b.provenance.commit for b in (one, other) if b.provenance.source in ("git", "worktree")]
    return commits[0] == commits[1] if len(commits) == 2 else not commits and one.version == other.version


def save(comparison: Comparison, side: Side, name: str, folder: Path) -> tuple[Kept, Kept | None]:
    """Write one side of a comparison as FOLDER/<machine class>/<name>.json; give it, and what it replaces.

    Raises BadInput for a comparison without a block that counts, a version of which nobody could tell what it was, and
    a name that is none for a file.
    """
    checked(name)
    made = of_run(comparison, side)
    if not comparison.kept_blocks:
        raise BadInput("nothing can be kept: the run has no block that counts; measure it again")
    path = folder / made.machine.name / f"{name}.json"
    was = None
    with contextlib.suppress(BadInput):  # not there, or broken: to be saved again is the remedy
        was = Kept(path, read_baseline(path))
    write(path, as_text(made))
    return Kept(path, made), was


def promote(name: str, new: str, folder: Path) -> Promoted:
    """Give the version that a name stands for another name, too, on each class of machines where it was measured.

    The other name then stands for that version alone: what it was on other classes of machines is removed.

    Raises BadInput where there is nothing of that name, and MeasurementFailed where the disk does not take it.
    """
    if checked(new) == name:
        raise BadInput(f"the baseline {name!r} has that name already; give another one with --as")
    found = named(name, folder)
    version = version_of(found)
    readable, broken = files(folder, new)
    there: tuple[Kept | Broken, ...] = (*readable, *broken)
    old = {one.path: one for one in there}
    made = []
    for one in found:
        if same_version(one.baseline, version):
            path = one.path.with_name(f"{new}.json")
            write(path, as_text(one.baseline))
            made.append(Kept(path, one.baseline))
    replaced = tuple(old.pop(kept.path) for kept in made if kept.path in old)
    remove(tuple(old.values()))
    return Promoted(tuple(made), replaced, tuple(old.values()))


def remove(found: tuple[Kept | Broken, ...]) -> None:
    """Delete baselines, and the folder of a class that has none left. Raises MeasurementFailed where that fails."""
    for kept in found:
        try:
            kept.path.unlink(missing_ok=True)
            if not any(kept.path.parent.iterdir()):
                kept.path.parent.rmdir()
        except OSError as error:
            raise MeasurementFailed(f"cannot remove {kept.path}: {error.strerror}") from None


def checked(name: str) -> str:
    """Give the name back if a file can be called so. Raises BadInput if not."""
    if file_word(name) != name:
        raise BadInput(
            f"a baseline cannot be called {name!r}: that is the name of a file of letters, digits, '.', '+' and '-', "
            f"40 at most, such as {file_word(name)}; give it one with --name (promote: --as)"
        )
    return name
