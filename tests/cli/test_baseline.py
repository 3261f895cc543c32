"""`perf baseline`, as it is typed: saved, listed, shown, promoted, removed, held against a run, and refused."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from chronik_perf.model import Comparison, Provenance
from chronik_perf.sampling.machine import environment
from chronik_perf.store import save
from tests.builders import a_comparison, an_environment
from tests.cli.programs import refused
from tests.targets.repository import BrokerRepository

ELSEWHERE = dataclasses.replace(
    an_environment(), warnings=("other programs are busy: secret-program (process 7, 90% of a core)",)
)


def measured(**changes: object) -> Comparison:
    """Give a run of v2.2.0 and v2.2.7 that was measured on another class of machines, unless the changes say where."""
    made = a_comparison(blocks=5, slices=2, evidence=False, histograms=False)
    return dataclasses.replace(made, **{"environment": ELSEWHERE, **changes})  # type: ignore[arg-type]


def baseline(cwd: Path, *words: str) -> str:
    """Run `perf baseline` on the folder `kept`, which must be well, and give what it prints."""
    done = refused(["baseline", *words, "--folder", "kept"], cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def says(cwd: Path, *words: str) -> str:
    """Run `perf baseline` with words that it must refuse, and give its one sentence."""
    done = refused(["baseline", *words], cwd)
    assert done.returncode == 2, done.stdout
    [sentence] = done.stderr.splitlines()
    return sentence


def test_a_run_is_saved_listed_shown_and_checked(tmp_path: Path) -> None:
    """Given a run of another machine, it is kept under its version's name and shown as not comparable here."""
    save(measured(), tmp_path / "run")
    saved = baseline(tmp_path, "save", "run")
    assert "v2.2.0.json: v2.2.0 (commit 6a45c51d0c0f" in saved
    assert "secret-program" in saved
    assert "replaced: v2.2.0 was v2.2.0" in baseline(tmp_path, "save", "run")
    listed = baseline(tmp_path, "list")
    assert "test-cpu-2-cores-2-core-t" in listed
    assert listed.rstrip().endswith("no")
    shown = baseline(tmp_path, "show", "v2.2.0")
    assert "not comparable: recorded on 2 × Test CPU" in shown
    assert "response time p99" in shown
    checked = baseline(tmp_path, "check", "run")
    assert "no verdict" in checked
    assert "outside" not in checked


def test_a_baseline_is_promoted_and_removed_on_this_class_of_machines(tmp_path: Path) -> None:
    """Given a version on this class and on another, it is renamed on both, and removed here, then on both."""
    here = environment(tmp_path, broker_core=None, load_core=None, clients={})
    save(measured(), tmp_path / "elsewhere")
    save(measured(environment=here), tmp_path / "here")
    for run in ("elsewhere", "here"):
        baseline(tmp_path, "save", run, "--side", "candidate", "--name", "main")
    assert baseline(tmp_path, "promote", "main", "--as", "release").count("release: v2.2.7") == 2
    assert baseline(tmp_path, "remove", "release").count("removed: release was v2.2.7") == 1
    assert "--all-machines" in says(tmp_path, "remove", "release", "--folder", "kept")
    assert baseline(tmp_path, "remove", "main", "--all-machines").count("removed: main was v2.2.7") == 2
    [left] = (tmp_path / "kept").rglob("*.json")
    assert left.stem == "release"


def test_a_folder_that_cannot_be_is_bad_usage(tmp_path: Path) -> None:
    """Given a folder of baselines below a file, saving there is refused as what the caller can mend."""
    save(measured(), tmp_path / "run")
    (tmp_path / "taken").touch()
    assert "taken is no folder; name another" in says(tmp_path, "save", "run", "--folder", "taken/kept")


def broken(cwd: Path, name: str) -> Path:
    """Leave a mark of a merge in a baseline's file for each class of machines that has it, and give the last."""
    files = sorted((cwd / "kept").rglob(f"{name}.json"))
    for file in files:
        file.write_text(f"<<<<<<< HEAD\n{file.read_text()}")
    return files[-1]


def test_a_baseline_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """Given two broken files beside a good one, the good one is listed, both are named, and the exit code is 2."""
    save(measured(), tmp_path / "run")
    for name in ("bad", "good", "worse"):
        baseline(tmp_path, "save", "run", "--name", name)
    files = [str(broken(tmp_path, name).relative_to(tmp_path)) for name in ("bad", "worse")]
    done = refused(["baseline", "list", "--folder", "kept"], tmp_path)
    assert done.returncode == 2
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["name", "good"]
    assert len(done.stderr.splitlines()) == 2
    for line, file in zip(done.stderr.splitlines(), files, strict=True):
        assert f"{file} is not a whole baseline" in line
    baseline(tmp_path, "remove", "good", "--all-machines")
    assert refused(["baseline", "list", "--folder", "kept"], tmp_path).stdout == ""


def test_a_baseline_that_cannot_be_read_is_replaced_and_removed(tmp_path: Path) -> None:
    """Given a broken file here and on another class, promoting replaces it or takes it away, and removing does, too."""
    here = environment(tmp_path, broker_core=None, load_core=None, clients={})
    save(measured(), tmp_path / "elsewhere")
    save(measured(environment=here), tmp_path / "here")
    for run, name in (("here", "release"), ("elsewhere", "release"), ("here", "main")):
        baseline(tmp_path, "save", run, "--name", name)
    broken(tmp_path, "release")
    said = baseline(tmp_path, "promote", "main", "--as", "release")
    assert said.count("replaced: release, which could not be read, on ") == 1
    assert said.count("removed: release, which could not be read, on test-cpu-2-cores-2-core-t") == 1
    baseline(tmp_path, "save", "elsewhere", "--name", "release")
    broken(tmp_path, "release")
    assert baseline(tmp_path, "remove", "release").count("removed: release, which could not be read") == 1
    assert "--all-machines" in says(tmp_path, "remove", "release", "--folder", "kept")
    assert "test-cpu" in baseline(tmp_path, "remove", "release", "--all-machines")
    assert [file.stem for file in (tmp_path / "kept").rglob("*.json")] == ["main"]


def test_baselines_of_a_repository_lie_in_it(tmp_path: Path) -> None:
    """Given a broker's repository, what is saved without a folder lies in its baselines, whatever folder one is in."""
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("v1")
    save(measured(), made.root / "below" / "run")
    assert refused(["baseline", "save", "run"], made.root / "below").returncode == 0
    assert (made.root / "baselines" / "test-cpu-2-cores-2-core-t" / "v2.2.0.json").is_file()
    assert "v2.2.0" in refused(["baseline", "list"], made.root).stdout


def test_what_cannot_be_kept_is_one_sentence(tmp_path: Path) -> None:
    """Given uncommitted changes, a name that no file has, or no run, nothing is written and the exit code is 2."""
    dirty = Provenance("checkout", "6a45c51d", True, "uncommitted: broker/server.py")
    base = dataclasses.replace(measured().base, provenance=dirty)
    save(measured(base=base), tmp_path / "dirty")
    folder = ("--folder", "kept")
    assert "uncommitted: broker/server.py" in says(tmp_path, "save", "dirty", *folder)
    save(measured(), tmp_path / "run")
    assert "cannot be called '../x'" in says(tmp_path, "save", "run", "--name", "../x", *folder)
    assert "not the folder of a run" in says(tmp_path, "save", ".", *folder)
    assert not (tmp_path / "kept").exists()


def test_what_is_not_kept_is_one_sentence(tmp_path: Path) -> None:
    """Given a name that nothing has, or numbers of another machine, the sentence says what there is instead."""
    folder = ("--folder", "kept")
    save(measured(), tmp_path / "run")
    for words in (
        ["show", "v2.2.0"],
        ["check", "run"],
        ["remove", "v2.2.0"],
        ["promote", "v2.2.0", "--as", "x"],
    ):
        assert "no baseline 'v2.2.0' in kept; there are: none" in says(tmp_path, *words, *folder)
    there = dataclasses.replace(ELSEWHERE, fingerprint="another", cpu_model="Other CPU", cores=64)
    save(measured(environment=there), tmp_path / "foreign")
    baseline(tmp_path, "save", "foreign")
    assert "not comparable: recorded on 64 × Other CPU" in says(tmp_path, "check", "run", *folder)
    assert "is v2.2.7" in says(
        tmp_path, "check", "foreign", "--side", "candidate", "--name", "v2.2.0", *folder
    )


def test_a_command_is_kept_with_a_note(tmp_path: Path) -> None:
    """Given a command, which has no commit, it is kept under a name of its own, and what that is worth is said."""
    line = "command:my-broker --port {port}"
    command = dataclasses.replace(
        measured().base,
        name=line,
        version=line,
        provenance=Provenance("command", None, None, "/opt/my-broker"),
    )
    save(measured(base=command), tmp_path / "run")
    assert "give it one with --name" in says(tmp_path, "save", "run", "--folder", "kept")
    assert "a command has no commit" in baseline(tmp_path, "save", "run", "--name", "mine")
    assert "/opt" not in next((tmp_path / "kept").rglob("*.json")).read_text()


def test_a_command_is_listed_as_it_was_typed(tmp_path: Path) -> None:
    """Given a command with what would be markup, a picture or an escape sequence, its words are shown and no more."""
    line = "command:b --dirs=[/tmp] --level [red] --icon :smile: --bell '\x1b[31m' {port}"
    command = dataclasses.replace(
        measured().base, name=line, version=line, provenance=Provenance("command", None, None, "/opt/b")
    )
    save(measured(base=command), tmp_path / "run")
    baseline(tmp_path, "save", "run", "--name", "mine")
    for words in (["list"], ["show", "mine"], ["check", "run", "--name", "mine"]):
        said = baseline(tmp_path, *words)
        assert "--dirs=[/tmp] --level [red] --icon :smile: --bell" in said
        assert "\x1b" not in said
