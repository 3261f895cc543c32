"""A build cache on a disk that has no room left: said, with what to do, and nothing half-built stays on it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import FROM_ELSEWHERE, need
from tests.targets.repository import BrokerRepository

MIB = 1 << 20
# Mounts a small disk on $1 where no other process sees it, runs the rest there, and lists what is left on it.
ON_A_SMALL_DISK = """
mount -t tmpfs -o size=8m tmpfs "$1" || exit 99
cache=$1; shift
"$@"; code=$?
find "$cache" -mindepth 3 -maxdepth 3 -type d
exit $code
"""


def on_a_small_disk(cache: Path, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with a cache of 8 MiB; skips the test where this user may mount nothing."""
    cache.mkdir()
    mine = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(
        [need("unshare"), "--mount", *mine, "sh", "-c", ON_A_SMALL_DISK, "sh", str(cache), *command],
        cwd=cwd,
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "TMPDIR": str(cwd)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if done.returncode == 99 or "unshare failed" in done.stderr:
        pytest.skip(f"{FROM_ELSEWHERE}no disk can be mounted here: {done.stderr.strip()}")
    return done


@pytest.mark.parametrize("what", ["checkout", "build"])
def test_a_full_disk_under_the_cache_is_said(tmp_path: Path, what: str) -> None:
    """Given a commit, or a build, of more than the disk holds, one sentence names the disk and what makes room."""
    repository = BrokerRepository(tmp_path / "repository", sys.executable)
    large = repository.root / "large"
    large.write_bytes(os.urandom(16 * MIB) if what == "checkout" else b"")
    fills = "true" if what == "checkout" else f"head -c {16 * MIB} /dev/zero > object"
    repository.commit("v1", build=fills)
    cache = tmp_path / "cache"
    perf = (sys.executable, "-m", "chronik_perf", "compare", "HEAD", "HEAD", "--quick")
    done = on_a_small_disk(cache, *perf, cwd=repository.root)
    assert done.returncode == 4, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("perf: "), done.stderr
    assert f"the disk of the build cache, {cache}" in last
    assert last.endswith("is full: free some, or remove builds (perf cache clean)")
    assert not [path for path in done.stdout.splitlines() if path.startswith(str(cache))]


def test_builds_are_cleaned_from_a_full_disk(tmp_path: Path) -> None:
    """Given a build on a disk that has since become full, what makes room works: the build is removed."""
    repository = BrokerRepository(tmp_path / "repository", sys.executable)
    repository.commit("v1")
    cache = tmp_path / "cache"
    python = shlex.quote(sys.executable)
    steps = f"""
        {python} -c "from chronik_perf.targets import resolve; resolve('v1')" || exit
        head -c {16 * MIB} /dev/zero > {shlex.quote(str(cache))}/full
        {python} -m chronik_perf cache clean
    """
    done = on_a_small_disk(cache, "sh", "-c", steps, cwd=repository.root)
    assert "No space left" in done.stderr, "the disk is full"
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("removed 1 build, ")
    assert len(done.stdout.splitlines()) == 1, "nothing is left on it"
