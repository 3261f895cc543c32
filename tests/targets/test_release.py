"""A name of a release: a complete configuration, the broker beside the toolkit, and a sentence for a wrong name."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chronik_perf.model import BadInput, Target
from chronik_perf.sut.environment import broker_environment
from chronik_perf.targets import resolve

RELEASES = ("v2.2.0", "v2.2.7", "v2.2.7-nospawn", "v2.2.8")


def ready(target: Target, cwd: Path) -> dict[str, Any]:
    """Start a target in a folder, give what it says when it is ready, and stop it."""
    names = {"{data_dir}": "data", "{host}": "127.0.0.1", "{port}": "0", "{metrics_port}": "0"}
    with subprocess.Popen(
        [names.get(word, word) for word in target.argv],
        cwd=cwd,
        env=broker_environment(target.env, 0),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    said: dict[str, Any] = json.loads(line)
    return said


def as_text(config: dict[str, Any]) -> dict[str, str]:
    return {k: json.dumps(v) if isinstance(v, bool) else str(v) for k, v in config.items()}


def test_every_release_of_the_incident_has_a_complete_configuration() -> None:
    """Given the four releases, each declares the same keys, and none is without a description."""
    targets = [resolve(name) for name in RELEASES]
    assert len({tuple(t.config) for t in targets}) == 1
    assert all(t.description and t.ready == "json-line" for t in targets)
    assert [t.name for t in targets] == list(RELEASES)


def test_a_release_runs_with_what_it_declares_wherever_perf_is_called(tmp_path: Path) -> None:
    """Given a folder that holds another package named broker, ours is started from there, as declared."""
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker" / "__init__.py").write_text("raise SystemExit('the wrong broker')")
    target = resolve(
        "v2.2.7", {"wal.profile": "low", "wal.commit_sleep_ms": "2", "topics.auto_create": "false"}
    )
    said = ready(target, tmp_path)
    assert said["version"] == "v2.2.7"
    assert as_text(said["config"]) == target.config
    assert target.config["wal.profile"] == "low"
    assert target.config["wal.commit_sleep_ms"] == "2.0"
    assert target.name == "v2.2.7 with wal.profile=low, wal.commit_sleep_ms=2, topics.auto_create=false"


@pytest.mark.parametrize(
    ("name", "near"), [("v2.2.9", "v2.2."), ("2.2.7", "v2.2.7"), ("v2.2.7-nospwan", "v2.2.7-nospawn")]
)
def test_an_unknown_version_gets_the_nearest_and_all(name: str, near: str) -> None:
    """Given a version that does not exist, the sentence has the nearest one and all that are known."""
    with pytest.raises(BadInput) as caught:
        resolve(name)
    text = str(caught.value)
    assert f"no version {name!r}; did you mean {near}" in text
    assert all(known in text for known in RELEASES)


@pytest.mark.parametrize("name", ["", "main", "../v2.2.0", "v2.2.0.toml", "--help", "v2.2.0\n"])
def test_what_is_near_nothing_gets_all_that_is_known(name: str) -> None:
    """Given anything else, also what might be a path or an option, it is refused with what is known."""
    with pytest.raises(BadInput, match=r"no version .*v2\.2\.0, v2\.2\.7, v2\.2\.7-nospawn, v2\.2\.8"):
        resolve(name)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("wal.profil", "low", r"no setting 'wal.profil'; did you mean wal\.profile\?"),
        ("colour", "red", "no setting 'colour'; known are metadata.store, "),
        ("wal.min_queue_depth", "many", "takes a whole number, such as 16, not 'many'"),
        ("wal.min_queue_depth", "1.5", "takes a whole number"),
        ("wal.commit_sleep_ms", "", "takes a number, such as 1.0, not ''"),
        ("telemetry.enabled", "yes", "takes true or false, such as true, not 'yes'"),
        ("fault.cpu", "much", "fault.cpu of v2.2.0 takes a number, not 'much'"),
    ],
)
def test_a_wrong_override_is_refused_before_anything_starts(key: str, value: str, said: str) -> None:
    """Given a key that the release does not have or a value of another type, the sentence says what there is."""
    with pytest.raises(BadInput, match=said):
        resolve("v2.2.0", {key: value})


def test_a_fault_is_an_override_that_only_the_broker_knows(tmp_path: Path) -> None:
    """Given a key of a release's empty table, it is passed on as a number, and the broker says that it is on."""
    target = resolve("v2.2.0", {"fault.cpu": "20"})
    assert "fault.cpu" not in resolve("v2.2.0").config
    assert target.config["fault.cpu"] == "20.0"
    assert as_text(ready(target, tmp_path)["config"]) == target.config
    assert "fault.of_tomorrow=0.5" in resolve("v2.2.0", {"fault.of_tomorrow": "0.5"}).argv


def test_differences_between_releases_are_those_of_the_incident() -> None:
    """Given v2.2.0 and v2.2.7, they differ in the store, how Raft applies, the worker, and in nothing else."""
    base, candidate = resolve("v2.2.0"), resolve("v2.2.7")
    differ = {k: (v, candidate.config[k]) for k, v in base.config.items() if v != candidate.config[k]}
    assert differ == {
        "metadata.store": ("metalog", "raft"),
        "raft.apply": ("in-place", "spawn"),
        "wal.worker": ("notify-or-timer", "altered"),
    }


def test_only_the_target_environment_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given variables that lead Python elsewhere, the broker beside the toolkit is started all the same."""
    (tmp_path / "broker.py").write_text("raise SystemExit('the wrong broker')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    target = resolve("v2.2.0")
    assert os.environ["PYTHONPATH"] == str(tmp_path)
    assert ready(target, tmp_path)["version"] == "v2.2.0"
