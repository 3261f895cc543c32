"""A tree that git checks out is whole, or the sentence has git's own words on why it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chronik_perf.model import BadInput, MeasurementFailed
from chronik_perf.targets import cache, resolve
from tests.targets.repository import BrokerRepository


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository that serves partial clones, and a cache of builds of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "origin", sys.executable)
    made.git("config", "uploadpack.allowFilter", "true")
    return made


def clone_of(origin: BrokerRepository, *how: str) -> Path:
    """Clone it beside itself as over a network."""
    clone = origin.root.parent / "clone"
    origin.git("clone", "-q", *how, f"file://{origin.root}", str(clone))
    return clone


def git_settings(monkeypatch: pytest.MonkeyPatch, file: Path, *settings: str) -> None:
    """Let git read these settings as the caller's own."""
    for setting in settings:
        subprocess.run(["git", "config", "--file", str(file), *setting.split(" ", 1)], check=True)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))


def test_a_partial_clone_is_built_when_its_files_were_fetched(origin: BrokerRepository) -> None:
    """Given a clone without the files of an old commit, the sentence says how to fetch them, and that helps."""
    (origin.root / "src" / "only-then.txt").write_text("then")
    origin.commit("v1")
    (origin.root / "src" / "only-then.txt").write_text("now")
    origin.commit("v2")
    clone = clone_of(origin, "--filter=blob:none")
    with pytest.raises(MeasurementFailed, match=r"src/only-then\.txt.*partial clone") as failed:
        resolve("v1", repository=clone)
    assert cache.entries() == []
    advice = str(failed.value).rpartition(": git ")[2]
    subprocess.run(["git", *advice.split()], check=True)
    tree = resolve("v1", repository=clone).cwd
    assert tree is not None
    assert (Path(tree) / "src" / "only-then.txt").read_text() == "then"


def test_a_perf_toml_that_was_not_fetched_is_not_replaced_by_another(origin: BrokerRepository) -> None:
    """Given a partial clone whose origin is gone, a commit is not built as the present perf.toml says."""
    origin.commit("v1", version="v2.2.7")
    origin.commit("v2")
    clone = clone_of(origin, "--filter=blob:none")
    origin.root.rename(origin.root.with_name("moved"))
    with pytest.raises(BadInput, match=r"perf\.toml of commit .* cannot be read"):
        resolve("v1", repository=clone)


def test_a_shallow_clone_builds_a_commit_that_is_on_no_branch(origin: BrokerRepository) -> None:
    """Given a shallow clone into which CI has fetched another commit, that one is built, too."""
    first = origin.commit("v1")
    origin.commit("v2", version="v2.2.7")
    clone = clone_of(origin, "--depth", "1")
    fetch = ("fetch", "-q", "--no-tags", "--depth", "1", "origin", f"{first}:refs/pull/7/head")
    subprocess.run(["git", "-C", str(clone), *fetch], check=True)
    found = resolve("refs/pull/7/head", repository=clone)
    assert found.provenance.commit == first
    assert "v2.2.0" in found.argv
    assert found.cwd is not None
    assert (Path(found.cwd) / "src" / "broker" / "__main__.py").exists()


def test_why_git_fails_is_said_in_its_own_words(
    origin: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a filter of the caller's that fails, the sentence says so as git did."""
    (origin.root / ".gitattributes").write_text("*.py filter=broken\n")
    origin.commit("v1")
    git_settings(
        monkeypatch,
        origin.root.parent / "settings",
        "filter.broken.required true",
        "filter.broken.smudge false",
    )
    with pytest.raises(MeasurementFailed, match="smudge filter broken failed"):
        resolve("v1", repository=origin.root)


def test_a_disk_without_room_is_said(origin: BrokerRepository) -> None:
    """Given a cache on a disk that is too small for the tree, git's words on that are in the sentence."""
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*namespace, "true"], check=False).returncode != 0:
        pytest.skip("this user may not make a mount namespace")
    (origin.root / "large").write_bytes(os.urandom(1 << 20))
    origin.commit("v1")
    disk = origin.root.parent / "cache"
    disk.mkdir()
    program = (
        f"mount -t tmpfs -o size=512k none {disk} && exec {sys.executable} -m chronik_perf compare v1 v1"
    )
    done = subprocess.run(
        [*namespace, "sh", "-c", program],
        cwd=origin.root,
        env={**os.environ, "TMPDIR": str(origin.root.parent)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert "Out of diskspace" in done.stderr.splitlines()[-1]  # its word for it where the index does not fit


@pytest.fixture
def with_submodule(origin: BrokerRepository) -> BrokerRepository:
    """Put a submodule into the repository, by an address that is relative to it."""
    part = BrokerRepository(origin.root.parent / "part", sys.executable)
    (part.root / "header.h").write_text("#define PART 1\n")
    part.commit("part")
    origin.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../part", "part")
    origin.commit("v1", build="cp part/header.h artefact")
    return origin


def test_submodules_are_there_when_it_is_built(
    with_submodule: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a submodule that git may fetch, a build finds its files."""
    git_settings(monkeypatch, with_submodule.root.parent / "settings", "protocol.file.allow always")
    tree = resolve("v1", repository=with_submodule.root).cwd
    assert tree is not None
    assert (Path(tree) / "artefact").read_text() == "#define PART 1\n"


def test_a_submodule_that_git_may_not_fetch_is_said(with_submodule: BrokerRepository) -> None:
    """Given a submodule that is a folder, which git by default does not fetch from, its words are in the sentence."""
    with pytest.raises(MeasurementFailed, match=r"submodules of v1 .*transport 'file' not allowed"):
        resolve("v1", repository=with_submodule.root)
    assert cache.entries() == []
