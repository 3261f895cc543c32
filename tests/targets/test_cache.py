"""The cache of builds among folders that are not what they should be: none of it is trusted, and all of it can go."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chronik_perf.model import MeasurementFailed
from chronik_perf.targets import cache, resolve
from tests.targets.repository import BrokerRepository


def built_elsewhere(name: str) -> None:
    """Build a ref in a process that ends, so that nobody uses it any more."""
    subprocess.run(
        [sys.executable, "-c", f"from chronik_perf.targets import resolve; resolve({name!r})"], check=True
    )


def test_an_entry_is_no_other_folder_than_it_lies_in(repository: BrokerRepository, tmp_path: Path) -> None:
    """Given an entry that names a folder outside, as a build may write one, a cleaning removes it and not that."""
    repository.commit("v1")
    built_elsewhere("v1")
    (entry,) = cache.entries()
    victim = tmp_path / "victim"
    (victim / "tree").mkdir(parents=True)
    forged = cache.cache_root() / "forged"
    shutil.copytree(cache.cache_root() / entry.key, forged)
    mark = forged / "entry.json"
    mark.write_text(json.dumps(json.loads(mark.read_text()) | {"key": "../../../victim"}))
    assert cache.entries() == [entry]
    cache.clean()
    assert victim.is_dir() and not forged.exists()
    assert list(tmp_path.glob("*.lock")) == []


@pytest.mark.parametrize(
    "damage", ["a folder", '{"size_bytes": "big"}', '{"commit": 5}', '{"took_s": "z"}', "[]"]
)
def test_a_damaged_entry_is_an_unfinished_one(repository: BrokerRepository, damage: str) -> None:
    """Given an entry that cannot be one, others are built and listed as if it were not there, and it can be removed."""
    broken = cache.cache_root() / "broken"
    (broken / "tree").mkdir(parents=True)
    repository.commit("v1")
    built_elsewhere("v1")
    (entry,) = cache.entries()
    broken.mkdir(exist_ok=True)
    (broken / "tree").mkdir(exist_ok=True)
    if damage == "a folder":
        (broken / "entry.json").mkdir()
    else:
        sound = json.loads((cache.cache_root() / entry.key / "entry.json").read_text()) | {"key": "broken"}
        wrong = json.loads(damage)
        (broken / "entry.json").write_text(json.dumps(sound | wrong if isinstance(wrong, dict) else wrong))
    assert cache.entries() == [entry]
    repository.commit("v2")
    built_elsewhere("v2")
    assert not broken.exists()
    assert {one.name for one in cache.entries()} == {"v1", "v2"}


def test_a_tree_that_is_gone_is_built_again(repository: BrokerRepository) -> None:
    """Given a build whose tree a cleaner of old files has taken, the next call builds it instead of failing."""
    repository.commit("v1")
    built_elsewhere("v1")
    (entry,) = cache.entries()
    shutil.rmtree(cache.tree_of(entry.key))
    assert cache.entries() == []
    said: list[str] = []
    resolve("v1", say=said.append)
    assert any("building v1" in line for line in said)


def test_a_build_that_takes_its_own_tree_away_has_failed(repository: BrokerRepository) -> None:
    """Given such a build, whose program lies elsewhere, that is said, and nothing of it counts as built."""
    repository.commit("v1", build="cd .. && rm -rf tree")
    with pytest.raises(MeasurementFailed, match=r"the build of v1 .* left no tree"):
        resolve("v1")
    assert cache.entries() == []


def test_a_cleaning_names_what_it_could_not_remove(repository: BrokerRepository, tmp_path: Path) -> None:
    """Given a build in which something is mounted, the cleaning removes the others, names it, and exits with 4."""
    for name in ("v1", "v2"):
        repository.commit(name)
        built_elsewhere(name)
    (stuck,) = (one.key for one in cache.entries() if one.name == "v1")
    tree = cache.tree_of(stuck)
    (tree / "mounted").mkdir()
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("this user may not make a mount namespace")
    clean = f"mount -t tmpfs none {tree}/mounted && exec {sys.executable} -m chronik_perf cache clean"
    done = subprocess.run(
        [*namespace, "sh", "-c", clean], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4
    assert done.stdout.startswith("removed 1 build")
    assert "1 build could not be removed" in done.stderr and stuck in done.stderr


def test_a_cleaning_takes_the_logs_of_failed_builds_along(repository: BrokerRepository) -> None:
    """Given a build that failed, its log is there to be read, and goes with a cleaning."""
    repository.commit("v1", build="echo no such cheese; exit 1")
    with pytest.raises(MeasurementFailed, match="failed with exit code 1"):
        resolve("v1")
    assert list(cache.cache_root().glob("*.log"))
    cache.clean()
    assert not list(cache.cache_root().glob("*.log"))
