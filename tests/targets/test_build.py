"""A build of a commit: made once, whole or not there, and ended with all that it has started."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from chronik_perf.model import MeasurementFailed
from chronik_perf.targets import build_environment, cache, explain, resolve
from tests.programs import bound_by_modes
from tests.targets.repository import BrokerRepository


def left_in_cache(key_of_log: bool = False) -> list[str]:
    """Give what lies in the cache beside locks."""
    names = [p.name for p in cache.cache_root().iterdir() if p.suffix != ".lock"]
    return [n for n in names if n.endswith(".log") == key_of_log]


def left_running() -> list[psutil.Process]:
    """Give the processes that stand in this cache; the machine may run other builds."""
    here = str(cache.cache_root())
    return [p for p in psutil.process_iter(["cwd"]) if (p.info["cwd"] or "").startswith(here)]


def test_a_commit_is_built_once_for_each_build_environment(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a built ref, another name of its commit builds nothing; another value of a variable it reads does."""
    repository.commit("v1")
    first = resolve("v1")
    said: list[str] = []
    assert resolve("main", say=said.append).cwd == first.cwd
    assert said == []
    monkeypatch.setenv("BUILD_FLAVOUR", "hot")
    assert resolve("v1", say=said.append).cwd != first.cwd
    assert len(cache.entries()) == 2


def test_a_commit_is_built_anew_by_another_version_of_its_tools(
    repository: BrokerRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a compiler that perf.toml names, its upgrade is another build, and both targets keep what they were of."""
    compiler = tmp_path / "cc"
    repository.commit("v1")
    file = repository.root / "perf.toml"
    named = f'tools = ["{compiler} --version", "no-such-tool -v"]\n\n[start]'
    file.write_text(file.read_text().replace("[start]", named, 1))
    repository.git("commit", "-qam", "tools")
    monkeypatch.setenv("BUILD_FLAVOUR", "hot")
    targets = []
    for version in ("12.2", "13.1"):
        compiler.write_text(f"#!/bin/sh\necho cc {version}\n")
        compiler.chmod(0o755)
        build_environment.said_by.cache_clear()  # as in a process of its own
        targets.append(resolve("HEAD"))
    old, new = targets
    assert old.cwd != new.cwd
    assert old.built_with[f"{compiler} --version"] == "cc 12.2"
    assert new.built_with[f"{compiler} --version"] == "cc 13.1"
    assert new.built_with["no-such-tool -v"] == "cannot be run: No such file or directory"
    assert new.built_with["BUILD_FLAVOUR"] == "hot"
    assert new.built_with["PATH"]
    assert resolve("HEAD").built_with == new.built_with, "a build in the cache still tells"
    monkeypatch.delenv("BUILD_FLAVOUR")
    for name in ("HEAD", "worktree:"):
        (told,) = (line for line in explain(name) if line.startswith("Its build depends on"))
        assert "BUILD_FLAVOUR (not set)" in told
        assert f"{compiler} --version (cc 13.1)" in told


def test_two_calls_at_once_build_one_after_the_other(repository: BrokerRepository) -> None:
    """Given two calls for one commit at the same time, one builds, the other waits, and both get the same tree."""
    repository.commit("v1", build="echo x >> artefact; sleep 0.5; echo x >> artefact")
    code = (
        "import sys; from chronik_perf.targets import resolve; "
        "print(resolve('v1', say=lambda s: print(s, file=sys.stderr)).cwd)"
    )
    calls = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    answers = [call.communicate(timeout=60) for call in calls]
    assert [call.returncode for call in calls] == [0, 0]
    assert answers[0][0] == answers[1][0]
    assert "".join(err for _, err in answers).count("building v1") == 1
    assert (Path(answers[0][0].strip()) / "artefact").read_text() == "x\nx\n"


@pytest.mark.parametrize(
    ("build", "timeout_s", "says"),
    [
        ("echo no such header; exit 7", 60, "failed with exit code 7"),
        ("sleep 600 & sleep 600", 1, "was not done after 1 s and was ended"),
    ],
)
def test_a_build_that_fails_or_hangs_leaves_its_log_alone(
    build: str, timeout_s: int, says: str, repository: BrokerRepository
) -> None:
    """Given a bad build, one sentence says how it ended and where its log is; nothing is left that looks whole."""
    repository.commit("v1", build=build, timeout_s=timeout_s)
    said: list[str] = []
    with pytest.raises(MeasurementFailed, match=says) as failed:
        resolve("v1", say=said.append)
    assert cache.entries() == []
    assert left_in_cache() == []
    (log,) = left_in_cache(key_of_log=True)
    assert log in str(failed.value)
    if "header" in build:
        assert "  no such header" in said
    assert not left_running()


def test_a_build_that_leaves_nothing_to_start_is_refused(repository: BrokerRepository) -> None:
    """Given a build that succeeds without making the program that [start] names, the sentence names it."""
    repository.commit("v1")
    text = (repository.root / "perf.toml").read_text()
    (repository.root / "perf.toml").write_text(
        text.replace(f'command = "{sys.executable} -P', 'command = "./brokr -P')
    )
    repository.git("commit", "-qam", "v2")
    with pytest.raises(MeasurementFailed, match=r"left no program './brokr'"):
        resolve("HEAD")
    assert cache.entries() == []


def test_an_interrupted_build_is_not_taken_for_whole(repository: BrokerRepository) -> None:
    """Given a Ctrl-C while a ref is built, its processes end, and the next call builds it afresh."""
    repository.commit("v1", build="echo half >> artefact; sleep 601; echo half >> artefact")
    code = "from chronik_perf.targets import resolve; resolve('v1')"
    call = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not list(cache.cache_root().glob("*/tree/artefact")) and time.monotonic() < deadline:
        time.sleep(0.02)
    call.send_signal(signal.SIGINT)
    call.wait(timeout=30)
    assert left_in_cache() == []
    assert not left_running()


@pytest.mark.parametrize(
    ("build", "timeout_s", "fails"),
    [
        ("setsid sleep 602 & true", 30, False),
        ("setsid sh -c 'setsid sleep 602 & sleep 602' & sleep 602", 1, True),
    ],
)
def test_nothing_that_a_build_has_started_outlives_it(
    build: str, timeout_s: int, fails: bool, repository: BrokerRepository
) -> None:
    """Given a build that leaves servers in sessions of their own, they end with it, whether it is done or hangs."""
    repository.commit("v1", build=f"echo built > artefact; {build}", timeout_s=timeout_s)
    if fails:
        with pytest.raises(MeasurementFailed, match="was not done"):
            resolve("v1")
    else:
        assert resolve("v1").provenance.source == "git"
    assert not left_running()


def test_a_build_ends_with_its_call_however_that_ends(repository: BrokerRepository) -> None:
    """Given a call that is killed while it builds, its build ends, too, and what it made is swept away."""
    repository.commit("v1", build="echo half > artefact; setsid sleep 603 & sleep 603")
    call = subprocess.Popen([sys.executable, "-c", "from chronik_perf.targets import resolve; resolve('v1')"])
    deadline = time.monotonic() + 30
    while not list(cache.cache_root().glob("*/tree/artefact")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left_running()
    call.kill()
    call.wait()
    while left_running() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not left_running()
    assert cache.sweep() == 1
    assert left_in_cache() == []


def test_a_build_that_cannot_be_logged_is_said(repository: BrokerRepository) -> None:
    """Given a log that cannot be written, the present tree is not built, and the sentence names the file."""
    repository.commit("v1", build="true")
    resolve("worktree:")
    (log,) = cache.cache_root().glob("worktree-*.log")
    log.unlink()
    log.mkdir()
    with pytest.raises(
        MeasurementFailed, match=r"the present tree cannot be run: .*worktree-.*: Is a directory"
    ):
        resolve("worktree:")


def test_folders_that_a_build_made_read_only_are_removed(
    repository: BrokerRepository, tmp_path: Path
) -> None:
    """Given a build that leaves folders that nobody may write to, it can fail, be built again, and be cleaned away."""
    repository.commit(
        "v1",
        build="mkdir -p kept/deep && touch kept/deep/x && ln -s / kept/root && chmod -w kept/deep && chmod 0 kept && "
        f"test -e {tmp_path}/soon",
    )

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        command = bound_by_modes(sys.executable, *words)
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    build = ("-c", "from chronik_perf.targets import resolve; resolve('v1')")
    assert "failed with exit code 1" in call(*build).stderr
    assert left_in_cache() == []
    (tmp_path / "soon").touch()
    assert call(*build).returncode == 0
    assert len(left_in_cache()) == 1
    done = call("-m", "chronik_perf", "cache", "clean")
    assert done.stdout.startswith("removed 1 build, "), done.stdout + done.stderr
    assert left_in_cache() == []
