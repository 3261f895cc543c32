"""A disk that holds a run's blocks and not its evidence: the verdict stands without what would have explained it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chronik_perf.store import load
from tests.cli.programs import environment
from tests.small_disk import on_a_small_disk


@pytest.mark.timeout(200)
def test_a_verdict_stands_where_the_disk_has_no_room_for_evidence(tmp_path: Path) -> None:
    """Given room for the blocks alone, the run ends with its verdict, complete, and says why nothing explains it."""
    disk = tmp_path / "disk"
    perf = (
        sys.executable,
        "-m",
        "chronik_perf",
        "compare",
        "v2.2.0",
        "v2.2.0",
        "--quick",
        "--budget",
        "150s",
        "--workload",
        "acks0",
    )
    few = ("--blocks", "4", "--family-error", "0.5")
    where = ("--data-dir", str(disk), "--out", str(tmp_path / "run"))
    # Each block may write 1 GiB, and the profiles after it 2.3.
    done = on_a_small_disk(disk, "1600m", *perf, *few, *where, cwd=tmp_path, env=environment(tmp_path))
    assert done.returncode in (0, 1, 3), done.stderr
    comparison = load(tmp_path / "run")
    assert comparison.complete
    assert not comparison.profiles
    assert any(one.said.startswith("evidence ended early: the disk under") for one in comparison.lacking)
