"""A disk that holds a run's blocks and not its evidence: the verdict stands without what would have explained it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chronik_perf.store import load
from tests.cli.programs import environment
from tests.programs import FROM_ELSEWHERE, need

# Each block may write 1 GiB, and the profiles after it 2.3.
ON_A_SMALL_DISK = 'mount -t tmpfs -o size=1600m tmpfs "$1" || exit 99; shift; exec "$@"'


def test_a_verdict_stands_where_the_disk_has_no_room_for_evidence(tmp_path: Path) -> None:
    """Given room for the blocks alone, the run ends with its verdict, complete, and says why nothing explains it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mine = () if os.geteuid() == 0 else ("--map-root-user",)
    perf = (
        sys.executable,
        "-m",
        "chronik_perf",
        "compare",
        "v2.2.0",
        "v2.2.0",
        "--quick",
        "--workload",
        "acks0",
    )
    where = ("--blocks", "8", "--data-dir", str(disk), "--out", str(tmp_path / "run"))
    done = subprocess.run(
        [need("unshare"), "--mount", *mine, "sh", "-c", ON_A_SMALL_DISK, "sh", str(disk), *perf, *where],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if done.returncode == 99 or "unshare failed" in done.stderr:
        pytest.skip(f"{FROM_ELSEWHERE}no disk can be mounted here: {done.stderr.strip()}")
    assert done.returncode in (0, 3), done.stderr
    comparison = load(tmp_path / "run")
    assert comparison.complete
    assert not comparison.profiles
    assert any(note.startswith("evidence ended early: the disk under") for note in comparison.notes)
