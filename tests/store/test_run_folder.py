"""A run is a folder of its own: never one that holds something else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chronik_perf.model import BadInput
from chronik_perf.store import RunFolder, save
from tests.builders import a_comparison


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    """Given a path that does not exist, or an empty folder, it becomes the run's."""
    assert RunFolder.create(tmp_path / "a" / "b", "v2.2.0", "v2.2.7").path.is_dir()
    assert RunFolder.create(tmp_path / "a" / "b", "v2.2.0", "v2.2.7").path == tmp_path / "a" / "b"


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Given a folder with a file in it, or a file, the sentence says what to do and nothing is touched."""
    (tmp_path / "notes").write_text("mine")
    for taken in (tmp_path, tmp_path / "notes"):
        with pytest.raises(BadInput, match=r"exists already; .*--out.*--resume"):
            RunFolder.create(taken, "v2.2.0", "v2.2.7")
    assert (tmp_path / "notes").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """Given a path below a file, the sentence says why."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot make the folder"):
        RunFolder.create(tmp_path / "file" / "run", "v2.2.0", "v2.2.7")


def test_a_name_says_when_and_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given no path, the name holds the time and both versions, and nothing that could lead elsewhere."""
    monkeypatch.chdir(tmp_path)
    made = RunFolder.create(None, "v2.2.0", "command:../../bin/x --port {port}")
    assert made.path.parent == Path("runs")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d{6}-v2\.2\.0-vs-[A-Za-z0-9.-]+", made.path.name)
    assert made.path.resolve().parent == tmp_path / "runs"


def test_an_earlier_run_is_opened_by_folder_or_document(tmp_path: Path) -> None:
    """Given a saved run, its folder and its document both open it; another folder does not."""
    file = save(a_comparison(blocks=1, slices=1, evidence=False), tmp_path)
    assert RunFolder.open(tmp_path) == RunFolder.open(file)
    assert RunFolder.open(tmp_path).comparison_path == file
    for none in (tmp_path / "other", tmp_path / "other" / "comparison.json"):
        with pytest.raises(BadInput, match=r"holds no comparison\.json"):
            RunFolder.open(none)
