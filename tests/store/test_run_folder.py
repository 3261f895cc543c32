"""Runs in a broker's repository do not make its tree dirty, and a run that came to nothing leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from chronik_perf.store import RunFolder
from chronik_perf.store.run_folder import remove_if_empty


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_folder_of_all_runs_is_not_for_git(here: Path) -> None:
    """Given no folder for a run, `runs` is made with a word to git, and goes with the run that leaves nothing."""
    made = RunFolder.create(None, "v1", "v2")
    assert (here / "runs" / ".gitignore").read_text() == "*\n"
    remove_if_empty(made.path)
    remove_if_empty(made.path.parent)
    assert list(here.iterdir()) == []


def test_a_folder_of_runs_that_was_there_stays_as_it_is(here: Path) -> None:
    """Given somebody's own `runs`, a run goes there and nothing else is written or taken away."""
    (here / "runs").mkdir()
    (here / "runs" / "mine").write_text("kept")
    made = RunFolder.create(None, "v1", "v2")
    assert sorted(p.name for p in (here / "runs").iterdir()) == sorted(["mine", made.path.name])
    remove_if_empty(made.path)
    remove_if_empty(made.path.parent)
    assert [p.name for p in (here / "runs").iterdir()] == ["mine"]


def test_a_folder_that_was_named_gets_nothing_of_that(here: Path) -> None:
    """Given --out, the folder holds what the run writes and no word to git."""
    RunFolder.create(here / "runs" / "one", "v1", "v2")
    assert [p.name for p in (here / "runs").iterdir()] == ["one"]
