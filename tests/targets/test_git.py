"""Git is asked for what was meant, for a bounded time, and leaves nothing running."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psutil
import pytest

from chronik_perf.model import BadInput
from chronik_perf.targets import resolve
from chronik_perf.targets.git import ask
from tests.targets.repository import BrokerRepository


@pytest.fixture
def repository(tmp_path: Path) -> BrokerRepository:
    """Make a repository of one commit."""
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("v1")
    return made


def test_a_question_that_takes_too_long_leaves_no_process(repository: BrokerRepository) -> None:
    """Given a git whose child hangs, both end when the time is over, and the answer says that it was."""
    program = repository.root / "hangs.sh"
    program.write_text("#!/bin/sh\nsleep 604\n")
    program.chmod(0o755)
    answer = ask(repository.root, "-c", f"alias.hang=!{program}", "hang", timeout_s=0.5)
    assert answer.text is None
    assert "0.5 s" in answer.why
    deadline = time.monotonic() + 10
    while _sleeping() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _sleeping()


def _sleeping() -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", "604"]]


def test_a_callers_variables_do_not_lead_to_another_repository(
    repository: BrokerRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given what a hook of another repository sets, this one is asked; how the caller lets git connect is kept."""
    other = BrokerRepository(tmp_path / "other", sys.executable)
    other.commit("v2")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "url.ssh://there/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "here:")
    assert ask(repository.root, "tag").text == "v1"
    assert ask(repository.root, "ls-remote", "--get-url", "here:it").text == "ssh://there/it"


def test_a_missing_git_is_said(
    repository: BrokerRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a machine without git, a ref of a repository with a perf.toml is not called an unknown version."""
    monkeypatch.chdir(repository.root / "src")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match="git is missing"):
        resolve("v1")
    with pytest.raises(BadInput, match="git is missing"):
        resolve("v1", repository=repository.root)


def test_a_repository_that_git_refuses_is_said(
    repository: BrokerRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a perf.toml in a repository that git will not read, its words are the sentence's."""
    monkeypatch.chdir(repository.root)
    (repository.root / ".git" / "config").write_text("[core\n")
    with pytest.raises(BadInput, match="bad config line 1"):
        resolve("v1")


def test_a_commits_perf_toml_is_a_file_of_utf_8(repository: BrokerRepository) -> None:
    """Given commits whose perf.toml is of another encoding, a link, or a folder, each is refused as what it is."""
    manifest = repository.root / "perf.toml"

    def committed(name: str) -> None:
        repository.git("add", "-A")
        repository.git("commit", "-qm", name)
        repository.git("tag", name)

    sound = manifest.read_bytes()
    manifest.write_bytes(sound + "\n# caf\u00e9\n".encode("latin-1"))
    committed("latin")
    (repository.root / "elsewhere.toml").write_bytes(sound)
    manifest.unlink()
    manifest.symlink_to("elsewhere.toml")
    committed("link")
    manifest.unlink()
    manifest.mkdir()
    (manifest / "part").write_text("x")
    committed("folder")
    manifest.joinpath("part").unlink()
    manifest.rmdir()
    manifest.write_bytes(sound)
    for name, kind in (("latin", "not UTF-8"), ("link", "a symbolic link"), ("folder", "a folder")):
        with pytest.raises(BadInput, match=rf"perf\.toml of commit \w+ is {kind}"):
            resolve(name, repository=repository.root)
