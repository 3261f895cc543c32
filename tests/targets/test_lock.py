"""Two calls that want one build: who waits for whom, how long, and what becomes of a build whose call was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from chronik_perf.model import MeasurementFailed
from chronik_perf.targets import cache, lock, resolve
from tests.targets.repository import BrokerRepository


@pytest.fixture
def repository(repository: BrokerRepository, tmp_path: Path) -> Iterator[BrokerRepository]:
    """Stand in a repository with a cache of its own, and end what builds have left in the end."""
    yield repository
    for process in left(tmp_path):
        process.kill()


def left(folder: Path) -> list[psutil.Process]:
    """Give what runs in a tree of the cache."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(folder / "cache")):
                found.append(process)
        except psutil.Error:
            continue
    return found


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def call_that_builds() -> subprocess.Popen[bytes]:
    """Start a call for v1, and give it when its build has begun."""
    call = subprocess.Popen([sys.executable, "-c", "from chronik_perf.targets import resolve; resolve('v1')"])
    until(lambda: list(cache.cache_root().glob("*/tree/begun")))
    return call


def kill(call: subprocess.Popen[bytes]) -> None:
    """End a call and the parent that it gave its build, which would end that build, with no time to do it."""
    (leash,) = psutil.Process(call.pid).children()
    leash.suspend()
    call.kill()
    call.wait()
    leash.kill()
    until(lambda: not leash.is_running())


def test_a_build_that_a_killed_call_has_left_is_ended_by_the_next(
    repository: BrokerRepository, tmp_path: Path
) -> None:
    """Given a call that is killed while it builds, the next one ends that build, says so, and makes its own."""
    repository.commit("v1", build=f"test -e {tmp_path}/soon || {{ touch begun; sleep 600; }}; touch artefact")
    call = call_that_builds()
    kill(call)
    assert left(tmp_path)
    (tmp_path / "soon").touch()
    said: list[str] = []
    tree = Path(resolve("v1", say=said.append).cwd or "")
    assert any("ended a build" in line and f"process {call.pid} (" in line for line in said), said
    assert not left(tmp_path)
    assert (tree / "artefact").exists()
    assert not (tree / "begun").exists(), "it is built afresh"


def test_what_a_build_has_left_outside_of_its_group_is_named_and_not_ended(
    repository: BrokerRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a server that a killed call's build has set loose and that holds the lock, the next call names it."""
    monkeypatch.setattr(lock, "_ENDING_S", 0.5)
    repository.commit("v1", build="setsid sleep 600 & touch begun; sleep 600")
    call = call_that_builds()
    until(lambda: len([p for p in left(tmp_path) if p.name() == "sleep"]) == 2)
    kill(call)
    with pytest.raises(
        MeasurementFailed, match=rf"^the build of v1 .* is locked by process .*process {call.pid} "
    ) as stuck:
        resolve("v1")
    (server,) = left(tmp_path)
    assert f"process {server.pid} (sleep 600)" in str(stuck.value)
    assert f"(kill {server.pid}) and try again" in str(stuck.value)


def test_a_call_that_builds_is_waited_for_within_bounds(
    repository: BrokerRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a call that is stopped while it builds, the next one waits for it, and then says who has the lock."""
    monkeypatch.setattr("chronik_perf.targets.build.LONGEST_S", 0.3 - 60)
    repository.commit("v1", build="touch begun; sleep 600", timeout_s=60)
    call = call_that_builds()
    os.kill(call.pid, signal.SIGSTOP)
    said: list[str] = []
    try:
        with pytest.raises(
            MeasurementFailed, match=rf"locked by another call \(process {call.pid} .*, since 20"
        ):
            resolve("v1", say=said.append)
        assert said == [line for line in said if f"another call (process {call.pid} (" in line]
        assert len(said) == 1
        assert left(tmp_path), "the build of a call that lives is left alone"
    finally:
        os.kill(call.pid, signal.SIGCONT)
        call.send_signal(signal.SIGINT)
        call.wait()
    assert not left(tmp_path)


def test_a_call_in_another_pid_namespace_is_not_taken_for_gone(
    repository: BrokerRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a killed call whose pids belong to another container, nobody says that it is gone, and nothing is ended."""
    repository.commit("v1", build="touch begun; sleep 600", timeout_s=60)
    call = call_that_builds()
    kill(call)
    monkeypatch.setattr("chronik_perf.targets.build.LONGEST_S", 0.3 - 60)
    monkeypatch.setattr(lock, "_space", lambda: "another container")
    with pytest.raises(MeasurementFailed, match="locked by another call"):
        resolve("v1")
    assert left(tmp_path)
