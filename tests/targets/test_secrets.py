"""Secrets of a broker's environment, which no run keeps: read again from where they are, or refused in a sentence."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from pathlib import Path

import pytest

from chronik_perf.model import BadInput, Target
from chronik_perf.store.document import without_secrets
from chronik_perf.targets import resolve
from chronik_perf.targets.secrets import differing, with_secrets
from tests.targets.repository import BrokerRepository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository whose second commit gives its broker a token, with a cache of its own; stand in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    made.commit("old")
    made.git("rm", "-q", "--cached", "perf.toml")
    made.git("commit", "-q", "-m", "without")
    made.git("tag", "without")
    text = (made.root / "perf.toml").read_text().replace("[env]", '[env]\nADMIN_TOKEN = "hunter2"')
    (made.root / "perf.toml").write_text(text)
    made.git("add", "-A")
    made.git("commit", "-qm", "token")
    monkeypatch.chdir(made.root)
    return made


def kept(target: Target) -> Target:
    stored = without_secrets(target)
    assert stored.env["ADMIN_TOKEN"] == "[redacted]"
    return stored


def test_a_secret_is_read_again_from_the_commit_that_was_measured(repository: BrokerRepository) -> None:
    """Given a stored version and a present tree that has gone on, its secret is that of its own perf.toml."""
    target = resolve("HEAD")
    file = repository.root / "perf.toml"
    file.write_text(file.read_text().replace("hunter2", "hunter3"))
    assert with_secrets(kept(target)) == target


def test_a_secret_of_the_present_tree_is_read_again_while_it_is_there(repository: BrokerRepository) -> None:
    """Given a commit without perf.toml, the present one tells the secret; when it does no more, that is said."""
    target = resolve("without")
    assert with_secrets(kept(target)) == target
    file = repository.root / "perf.toml"
    file.write_text(file.read_text().replace("ADMIN_TOKEN", "TOKEN"))
    with pytest.raises(BadInput, match=r"^without was started with ADMIN_TOKEN .* does not say it any more"):
        with_secrets(kept(target))


def test_a_secret_that_differs_is_told_by_its_name(repository: BrokerRepository) -> None:
    """Given two versions with secrets of their own that look the same in a run, that they differ is said, not how."""
    base = resolve("HEAD")
    (repository.root / "perf.toml").write_text(
        (repository.root / "perf.toml").read_text().replace("hunter2", "hunter3")
    )
    repository.git("commit", "-qam", "another token")
    (told,) = differing(base, resolve("HEAD"))
    assert "different values of ADMIN_TOKEN" in told and "hunter" not in told
    assert not differing(base, base)


def test_a_secret_that_cannot_be_had_is_refused(repository: BrokerRepository) -> None:
    """Given a repository that is gone, or an arm of perf explain, one sentence names the variable."""
    target = kept(resolve("HEAD"))
    arm = dataclasses.replace(target, name="HEAD, ADMIN_TOKEN=[redacted]")
    with pytest.raises(BadInput, match="of the other version here; start a new run"):
        with_secrets(arm)
    shutil.rmtree(repository.root / ".git")
    with pytest.raises(
        BadInput, match=r"with ADMIN_TOKEN in \[env\], .* cannot be read again: perf\.toml of commit"
    ):
        with_secrets(target)


def test_a_version_without_secrets_is_as_it_was(repository: BrokerRepository) -> None:
    """Given a stored version whose environment was kept whole, it needs nothing more."""
    target = resolve("old")
    assert with_secrets(without_secrets(target)) == target
