"""The commits between two of a repository, and why there are none."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chronik_perf.model import BadInput
from chronik_perf.targets.git import Repository
from chronik_perf.targets.line import line_between
from tests.targets.repository import BrokerRepository


def test_what_was_merged_counts_as_its_merge(tmp_path: Path) -> None:
    """Given a merge between two commits, the line has it and none of the commits that it brought."""
    made = BrokerRepository(tmp_path / "repository", sys.executable)
    first = made.commit("v1")
    made.git("checkout", "-q", "-b", "side")
    side = made.commit("side-1")
    made.git("checkout", "-q", "main")
    second = made.commit("v2")
    made.git("merge", "-q", "--no-ff", "-X", "ours", "-m", "a merge", "side")
    line = line_between(Repository(made.root), "v1", "main")
    assert [c.id for c in line] == [first, second, made.git("rev-parse", "HEAD")]
    assert [c.subject for c in line] == ["v1", "v2", "a merge"]
    assert line[0].authored_at[:2] == "20"
    for good, bad, says in (
        ("v1", "v1", "same commit"),
        ("v2", "v1", "perf bisect v1 v2"),
        ("v2", "side-1", f"perf bisect {first[:10]} side-1"),
        (side, "main", "came into main by a merge"),
        ("v1", "v9", "no commit 'v9'"),
    ):
        with pytest.raises(BadInput, match=says):
            line_between(Repository(made.root), good, bad)
