"""A build cache on a disk that has no room left: said, with what to do, and nothing half-built stays on it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_disk import on_a_small_disk
from tests.targets.repository import BrokerRepository

MIB = 1 << 20
# Runs the rest, and lists what is left in the cache, $1.
LISTS_THE_CACHE = """
cache=$1; shift
"$@"; code=$?
find "$cache" -mindepth 3 -maxdepth 3 -type d
exit $code
"""


def with_a_small_cache(cache: Path, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with a cache of 8 MiB, and list what it leaves there."""
    lists = ("sh", "-c", LISTS_THE_CACHE, "sh", str(cache))
    env = {**os.environ, "XDG_CACHE_HOME": str(cache), "TMPDIR": str(cwd)}
    return on_a_small_disk(cache, "8m", *lists, *command, cwd=cwd, env=env)


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
    done = with_a_small_cache(cache, *perf, cwd=repository.root)
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
    done = with_a_small_cache(cache, "sh", "-c", steps, cwd=repository.root)
    assert "No space left" in done.stderr, "the disk is full"
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("removed 1 build, ")
    assert len(done.stdout.splitlines()) == 1, "nothing is left on it"
