"""Two versions are taken apart into the ways in which they differ, and put together again in between."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from chronik_perf.model import BadInput, Target
from chronik_perf.targets import resolve
from chronik_perf.targets.arms import arm, differences
from tests.targets.repository import BrokerRepository

Named = tuple[str, dict[str, str]]


def taken_apart(base: Named, candidate: Named, *keys: str, repository: Path | None = None) -> Target:
    """Give the arm with some differences put in."""

    def made(name: str, overrides: object) -> Target:
        return resolve(name, dict(overrides), repository=repository)  # type: ignore[call-overload]

    targets = made(*base), made(*candidate)
    found = differences(*targets)
    return arm(keys, found, (*base, targets[0]), (*candidate, targets[1]), made)


def test_releases_differ_in_settings() -> None:
    """Given two releases, each setting that differs is a difference, and an arm has some of them and is named so."""
    base, candidate = resolve("v2.2.0"), resolve("v2.2.7")
    assert [d.key for d in differences(base, candidate)] == ["metadata.store", "raft.apply", "wal.worker"]
    made = taken_apart(("v2.2.0", {}), ("v2.2.7", {}), "wal.worker")
    assert made.name == "v2.2.0 with wal.worker=altered"
    assert made.config["metadata.store"] == "metalog"
    assert differences(base, base) == ()


def test_a_setting_that_one_side_alone_has_is_a_difference() -> None:
    """Given faults that only the candidate switches on, each is put in by itself, and left out by itself."""
    faults = {"fault.cpu": "100", "fault.copy": "1"}
    base, candidate = ("v2.2.0", {}), ("v2.2.0", faults)
    found = differences(resolve(*base), resolve(*candidate))
    assert [(d.key, d.base, d.candidate) for d in found] == [
        ("fault.copy", "not set", "1.0"),
        ("fault.cpu", "not set", "100.0"),
    ]
    assert taken_apart(base, candidate, "fault.cpu").name == "v2.2.0 with fault.cpu=100.0"
    back = taken_apart(candidate, base, "fault.cpu")
    assert back.name == "v2.2.0 with fault.copy=1"


def test_refs_differ_in_code_and_in_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given two commits with another variable and another command, each can be had with the other's variable."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("v1")
    made.commit("v2", version="v2.2.7")
    text = (made.root / "perf.toml").read_text().replace("[env]", '[env]\nLEVEL = "high"')
    (made.root / "perf.toml").write_text(text)
    made.git("commit", "-qam", "level")
    found = differences(resolve("v1", repository=made.root), resolve("HEAD", repository=made.root))
    assert [d.key for d in found] == ["env.LEVEL", "code"]
    both = ("v1", {}), ("HEAD", {})
    with_code = taken_apart(*both, "code", repository=made.root)
    assert "v2.2.7" in " ".join(with_code.argv)
    assert "LEVEL" not in with_code.env
    with_level = taken_apart(*both, "env.LEVEL", repository=made.root)
    assert "v2.2.0" in " ".join(with_level.argv)
    assert with_level.env["LEVEL"] == "high"
    assert "LEVEL=high" in with_level.name


def test_a_variable_that_is_empty_is_not_one_that_is_missing() -> None:
    """Given variables that are empty on both sides or on one, an arm keeps the first and differs in the second."""
    plain = resolve("v2.2.0")
    base = dataclasses.replace(plain, env={**plain.env, "KEPT": "", "LEVEL": "low"})
    candidate = dataclasses.replace(plain, env={**plain.env, "KEPT": "", "LEVEL": "high", "EMPTY": ""})
    found = differences(base, candidate)
    assert [(d.key, d.base, d.candidate) for d in found] == [
        ("env.EMPTY", "not set", ""),
        ("env.LEVEL", "low", "high"),
    ]
    made = arm(["env.LEVEL"], found, ("v2.2.0", {}, base), ("v2.2.0", {}, candidate), lambda *_: base)
    assert (made.env["KEPT"], made.env["LEVEL"], "EMPTY" in made.env) == ("", "high", False)


def test_one_command_differs_in_its_variables() -> None:
    """Given a command with other variables before it, as a shell has them, each is put in by itself."""
    base = ("command:LEVEL=low KEPT=1 cat {port}", dict[str, str]())
    candidate = ("command:env LEVEL=high KEPT=1 EXTRA='a b' cat {port}", dict[str, str]())
    found = differences(resolve(base[0]), resolve(candidate[0]))
    assert [(d.key, d.base, d.candidate) for d in found] == [
        ("env.EXTRA", "not set", "a b"),
        ("env.LEVEL", "low", "high"),
    ]
    made = taken_apart(base, candidate, "env.LEVEL")
    assert made.argv == ("cat", "{port}")
    assert made.env == {"LEVEL": "high", "KEPT": "1"}
    assert "LEVEL=high" in made.name
    with pytest.raises(BadInput, match="differ as wholes"):
        differences(resolve(base[0]), resolve("command:LEVEL=low cat -u {port}"))


def test_two_programs_have_nothing_to_take_apart() -> None:
    """Given a release and a command, the sentence says that they differ as wholes."""
    with pytest.raises(BadInput, match="differ as wholes"):
        differences(resolve("v2.2.0"), resolve("command:cat {port}"))


def test_a_secret_that_differs_is_put_in_and_shown_nowhere() -> None:
    """Given tokens that differ, an arm has the other one, and neither difference nor name tells what it is."""
    plain = resolve("v2.2.0")
    base = dataclasses.replace(plain, env={"TOKEN": "hunter2", "LEVEL": "low"})
    candidate = dataclasses.replace(plain, env={"TOKEN": "hunter3", "LEVEL": "high"})
    found = differences(base, candidate)
    assert [(d.key, d.base, d.candidate) for d in found] == [
        ("env.LEVEL", "low", "high"),
        ("env.TOKEN", "[redacted]", "[redacted]"),
    ]
    made = arm(
        ["env.TOKEN"], found, ("v2.2.0", {}, base), ("v2.2.0", {}, candidate), lambda name, overrides: base
    )
    assert made.env == {"TOKEN": "hunter3", "LEVEL": "low"}
    assert made.name == "v2.2.0, TOKEN=[redacted]"
