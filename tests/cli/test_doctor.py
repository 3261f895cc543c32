"""`perf doctor` as a user runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from chronik_perf.cli.work.examining import REFERENCE
from chronik_perf.targets import resolve
from tests.cli.programs import children_left, perf, refused
from tests.targets.repository import BrokerRepository


def test_the_machine_alone_is_looked_at_in_seconds(tmp_path: Path) -> None:
    """Given --machine-only, every check has its line, the file says the same, and nothing is left behind."""
    done = perf(["doctor", "--machine-only", "--budget", "2s", "--json", "found.json"], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found.json").read_text())
    lines = done.stdout.splitlines()
    for check in found["checks"]:
        assert any(x.startswith(check["state"]) and check["name"] in x and check["said"] in x for x in lines)
    assert {c["name"] for c in found["checks"]} >= {"profiler", "Linux perf", "clock source", "open files"}
    assert "unavailable" in found["detectable"]
    assert {p.name for p in tmp_path.iterdir()} == {"found.json", "chronik-perf.lock"}
    assert not children_left(tmp_path)


def test_a_machine_that_cannot_run_the_broker_is_told_of(tmp_path: Path) -> None:
    """Given a budget in which the broker cannot be compared with itself, it is refused in one sentence."""
    done = refused(["doctor", "--budget", "5s"], tmp_path)
    assert done.returncode == 2
    assert "--machine-only" in done.stderr
    assert done.stdout == ""


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Given a data folder that does not exist, one sentence says so and nothing is measured."""
    done = refused(["doctor", "--machine-only", "--data-dir", "nowhere"], tmp_path)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_broker_that_it_measures_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a repository with a tag that is called as the reference release, the shipped one is meant."""
    repository = BrokerRepository(tmp_path / "repository", sys.executable)
    repository.commit("v2.2.0", build="false")
    monkeypatch.chdir(repository.root)
    target = resolve(REFERENCE)
    assert (target.name, target.cwd) == ("v2.2.0", None)
