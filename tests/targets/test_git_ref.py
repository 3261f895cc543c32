"""A git ref of a broker's repository: resolved, built once, whole or not there."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest

from chronik_perf.model import BadInput, MeasurementFailed
from chronik_perf.targets import build_environment, cache, explain, names, resolve
from tests.programs import bound_by_modes
from tests.targets.repository import BrokerRepository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository with a cache of its own, and stand in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    monkeypatch.chdir(made.root)
    return made


def left_in_cache(key_of_log: bool = False) -> list[str]:
    """Give what lies in the cache beside locks."""
    names = [p.name for p in cache.cache_root().iterdir() if p.suffix != ".lock"]
    return [n for n in names if n.endswith(".log") == key_of_log]


def left_running() -> list[psutil.Process]:
    """Give the processes that stand in this cache; the machine may run other builds."""
    here = str(cache.cache_root())
    return [p for p in psutil.process_iter(["cwd"]) if (p.info["cwd"] or "").startswith(here)]


def test_a_ref_is_a_commit_with_a_tree_of_its_own(repository: BrokerRepository) -> None:
    """Given a tag and a branch that has gone on, the tag's own files are built, and the repository is not touched."""
    commit = repository.commit("v1")
    repository.commit("v2", version="v2.2.7")
    said: list[str] = []
    target = resolve("v1", say=said.append)
    assert target.provenance.commit == commit
    assert target.provenance.dirty is False
    assert "v2.2.0" in target.argv
    assert target.cwd is not None
    assert (Path(target.cwd) / "artefact").read_text() == "built\n"
    assert any("building v1" in line for line in said)
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("worktree", "list").count("\n") == 0


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


def test_a_present_tree_is_named_dirty_when_it_is(repository: BrokerRepository) -> None:
    """Given the present tree, it is built where it lies, its commit is named, and so is a file that has changed."""
    commit = repository.commit("v1", build="true")
    assert resolve("worktree:").provenance.dirty is False
    (repository.root / "src" / "new.py").write_text("")
    assert "dirty: 1 file changed, such as src/new.py" in explain("worktree:")[0]
    target = resolve("worktree:")
    assert target.provenance.commit == commit
    assert target.provenance.dirty is True
    assert "src/new.py" in target.provenance.detail
    assert target.cwd == str(repository.root)


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


def test_settings_are_overridden_as_the_manifest_says(repository: BrokerRepository) -> None:
    """Given a known setting, its override is written into the command and the name; an unknown one is refused."""
    repository.commit("v1")
    target = resolve("v1", {"wal.profile": "high"})
    assert target.name == "v1 with wal.profile=high"
    assert target.config == {"wal.profile": "high"}
    assert target.argv[-2:] == ("--set", "wal.profile=high") or "wal.profile=high" in target.argv[-1]
    with pytest.raises(
        BadInput, match=r"knows no setting 'wal.profil' to override; did you mean wal.profile\?"
    ):
        resolve("v1", {"wal.profil": "high"})


def test_a_commit_from_before_there_was_a_manifest_is_built_by_the_present_one(
    repository: BrokerRepository,
) -> None:
    """Given an old commit without perf.toml, the present tree's is taken, and what explains the name says so."""
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "old")
    repository.git("tag", "old")
    repository.commit("v1")
    assert resolve("old").provenance.commit == repository.git("rev-parse", "old")
    assert "perf.toml of the present tree" in " ".join(explain("old"))


def test_names_have_a_documented_order(repository: BrokerRepository) -> None:
    """Given a tag that is called as a shipped release, the tag goes first, and the release has a name of its own."""
    assert "shipped release" in explain("v2.2.8")[0]
    commit = repository.commit("v2.2.8")
    assert commit in explain("v2.2.8")[0]
    assert "release:v2.2.8" in explain("v2.2.8")[-1]
    assert resolve("release:v2.2.8").provenance.source != "git"
    assert resolve("v2.2.8").provenance.source == "git"


def test_a_tag_and_a_branch_of_one_name_are_told_apart(repository: BrokerRepository) -> None:
    """Given a tag called as a branch of another commit, git's choice is taken, and what the other is called is said."""
    tagged = repository.commit("v1")
    repository.commit("v2")
    repository.git("branch", "v1")
    said: list[str] = []
    assert resolve("v1", say=said.append).provenance.commit == tagged
    assert any("refs/heads/v1 is another one" in line for line in said)
    assert any("refs/heads/v1 is another one" in line for line in explain("v1"))
    assert resolve("refs/heads/v1").provenance.commit != tagged
    assert not any("another one" in line for line in explain("v2"))


def test_a_tag_of_a_file_is_not_offered_as_a_version(repository: BrokerRepository) -> None:
    """Given a tag of a key or another file, what names there are tells of tags of commits alone."""
    repository.commit("v1")
    repository.git("tag", "-am", "annotated", "v1-signed", "v1")
    repository.git("tag", "public-key", "HEAD:perf.toml")
    (refs,) = [line for line in names(None) if line.startswith("git refs")]
    assert "v1-signed" in refs
    assert "public-key" not in refs


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("v9", "no ref of .*repository and no shipped release"),
        ("--upload-pack=touch x", "looks like an option"),
        ("-q", "looks like an option"),
        ("^HEAD", "no ref of .*repository and no shipped release"),
        ("worktree:src", "stands alone"),
    ],
)
def test_a_name_that_is_none_is_refused(name: str, says: str, repository: BrokerRepository) -> None:
    """Given a name that stands for nothing, or that git could take for an option, it is neither made nor explained."""
    repository.commit("v1")
    for asked in (resolve, explain):
        with pytest.raises(BadInput, match=says):
            asked(name)


def test_a_folder_that_is_no_brokers_repository_is_refused(
    tmp_path: Path, repository: BrokerRepository
) -> None:
    """Given --repo with a folder that is no repository, or one without perf.toml, the sentence says what to do."""
    plain = tmp_path / "plain"
    plain.mkdir()
    with pytest.raises(BadInput, match="no git repository"):
        resolve("v1", repository=plain)
    with pytest.raises(BadInput, match="perf init"):
        resolve("v1", repository=repository.root)


def test_a_shallow_clone_says_that_older_commits_are_missing(
    repository: BrokerRepository, tmp_path: Path
) -> None:
    """Given a clone without older commits, its own commit is built, and one that it lacks is said to be unfetched."""
    first = repository.commit("v1")
    repository.commit("v2")
    clone = tmp_path / "clone"
    repository.git("clone", "-q", "--depth", "1", f"file://{repository.root}", str(clone))
    assert resolve("HEAD", repository=clone).provenance.source == "git"
    with pytest.raises(BadInput, match="not fetched"):
        resolve(first, repository=clone)


def test_a_repository_in_the_middle_of_a_rebase_serves_its_refs(repository: BrokerRepository) -> None:
    """Given a rebase that stopped at a conflict in perf.toml, a tag is built as ever, and the present tree is not."""
    repository.commit("v1", version="v2.2.0")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("side1", version="v2.2.7")
    repository.git("checkout", "-q", "main")
    repository.commit("v2", version="v2.2.8")
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("rebase", "main", "side")
    assert "v2.2.7" in resolve("side1").argv
    with pytest.raises(BadInput, match=r"perf\.toml is not TOML"):
        explain("worktree:")


def test_the_cache_makes_room_and_keeps_what_is_used(repository: BrokerRepository) -> None:
    """Given two builds, the one that was used longest ago goes first, and one that a running call uses stays."""
    repository.commit("v1")
    code = (
        "import time; from chronik_perf.targets import resolve; "
        "resolve('v1'); print('up', flush=True); time.sleep(60)"
    )
    call = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert call.stdout is not None
        assert call.stdout.readline() == "up\n"
        repository.commit("v2")
        subprocess.run(
            [sys.executable, "-c", "from chronik_perf.targets import resolve; resolve('v2')"], check=True
        )
        assert [e.name for e in cache.entries()] == ["v2", "v1"]
        assert [e.name for e in cache.make_room(0)] == ["v2"]
        assert [e.name for e in cache.entries()] == ["v1"]
    finally:
        call.kill()
        call.wait()
    assert [e.name for e in cache.make_room(0)] == ["v1"]


def test_a_removal_that_is_interrupted_leaves_nothing_that_is_taken_for_whole(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given Ctrl-C while a build is removed, what is left of it is no build, and the next call builds again."""
    repository.commit("v1")
    resolve_elsewhere = [sys.executable, "-c", "from chronik_perf.targets import resolve; resolve('v1')"]
    subprocess.run(resolve_elsewhere, check=True)
    with monkeypatch.context() as interrupted:
        interrupted.setattr(shutil, "rmtree", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            cache.make_room(0)
    assert cache.entries() == []
    subprocess.run(resolve_elsewhere, check=True)
    assert [e.name for e in cache.entries()] == ["v1"]


def test_a_cache_that_cannot_be_written_is_said(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a cache folder that is a file, the sentence names it and how another is chosen."""
    repository.commit("v1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(repository.root / "perf.toml"))
    with pytest.raises(BadInput, match="XDG_CACHE_HOME"):
        resolve("v1")


def test_a_present_manifest_that_cannot_be_read_is_said(repository: BrokerRepository) -> None:
    """Given a perf.toml that is no text, the present tree is refused in a sentence that names it."""
    repository.commit("v1")
    (repository.root / "perf.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match=r"perf\.toml cannot be read: it is not UTF-8"):
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
