"""Where the measured code came from, on real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chronik_perf.targets.provenance import of_checkout, of_wheel
from tests.programs import need


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder as somebody."""
    who = {
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    command = [need("git"), "-C", str(folder), *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=30
    ).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a committed checkout that looks like ours."""
    root = tmp_path / "checkout"
    (root / "broker").mkdir(parents=True)
    (root / "broker" / "produce.py").write_text("fast = True\n")
    (root / "README.md").write_text("hello\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_a_clean_checkout_has_its_commit(checkout: Path) -> None:
    """Given a committed tree, the commit is told and it is not dirty, whatever notes and runs lie beside."""
    (checkout / "README.md").write_text("changed\n")
    (checkout / "runs").mkdir()
    (checkout / "runs" / "x.json").write_text("{}")
    found = of_checkout(checkout)
    assert (found.source, found.dirty, found.detail) == ("checkout", False, "")
    assert found.commit == git(checkout, "rev-parse", "HEAD").strip()


def test_changed_and_new_code_is_dirty(checkout: Path) -> None:
    """Given a changed file and one that git does not know, the tree is dirty and both are named."""
    (checkout / "broker" / "produce.py").write_text("fast = False\n")
    (checkout / "broker" / "neü.py").write_text("")
    found = of_checkout(checkout)
    assert found.dirty is True
    assert found.detail == "uncommitted: broker/produce.py, broker/neü.py"


def test_many_changes_are_counted(checkout: Path) -> None:
    """Given more changes than a sentence holds, the rest is a number."""
    for i in range(7):
        (checkout / "broker" / f"{i}.py").write_text("")
    assert of_checkout(checkout).detail.endswith("broker/2.py and 4 more")


def test_the_variables_of_a_hook_do_not_mislead(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given git's variables for another repository, as in a hook, the checkout's own commit is told."""
    monkeypatch.setenv("GIT_DIR", str(checkout / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(checkout / "nowhere" / "index"))
    found = of_checkout(checkout)
    monkeypatch.undo()
    assert (found.commit, found.dirty) == (git(checkout, "rev-parse", "HEAD").strip(), False)


def test_asking_runs_nothing_and_writes_nothing(checkout: Path) -> None:
    """Given a repository that configures a monitor program, asking for its state does not run it."""
    ran = checkout / "ran"
    monitor = checkout / ".git" / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
    monitor.chmod(0o755)
    git(checkout, "config", "core.fsmonitor", str(monitor))
    before = (checkout / ".git" / "index").stat().st_mtime_ns
    assert of_checkout(checkout).dirty is False
    assert not ran.exists()
    assert (checkout / ".git" / "index").stat().st_mtime_ns == before


def test_a_tree_without_its_own_repository_has_no_commit(checkout: Path, tmp_path: Path) -> None:
    """Given a tree outside any repository, or unpacked inside another project's, no commit is told, with the reason."""
    inside = checkout / "vendor" / "ours"
    (inside / "broker").mkdir(parents=True)
    outside = tmp_path / "plain"
    outside.mkdir()
    for folder, why in ((inside, "another project's"), (outside, "no repository")):
        found = of_checkout(folder)
        assert (found.commit, found.dirty) == (None, None)
        assert why in found.detail


def test_without_git_there_is_no_commit(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Given a machine without git, the provenance says so and nothing fails."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert of_checkout(checkout).detail.startswith("no commit: git is missing")


def test_a_wheel_is_known_by_its_files(tmp_path: Path) -> None:
    """Given an installed broker, version and a hash are told, and an edited file shows."""
    code = tmp_path / "broker" / "produce.py"
    code.parent.mkdir()
    code.write_text("fast = True\n")
    first = of_wheel(tmp_path)
    assert (first.source, first.commit, first.dirty) == ("wheel", None, None)
    assert first.detail.startswith("chronik-perf 0.")
    assert of_wheel(tmp_path) == first
    code.write_text("fast = False\n")
    assert of_wheel(tmp_path).detail != first.detail
