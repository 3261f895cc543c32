"""A git ref of a broker's repository: resolved, built once, whole or not there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from chronik_perf.model import BadInput
from chronik_perf.targets import cache, explain, names, resolve
from tests.targets.repository import BrokerRepository


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
