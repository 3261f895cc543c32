"""What tests of names share: a broker's repository, and a cache that is its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.targets.repository import BrokerRepository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrokerRepository:
    """Make a repository with a cache of its own, and stand in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    monkeypatch.chdir(made.root)
    return made
