"""The checks of a machine, on the machine that this is and on files that stand for another."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from chronik_perf.model import Unavailable, known
from chronik_perf.sampling.doctor import Check, cores, disk, examine, limits, profilers, speed
from tests.programs import unprivileged


@pytest.fixture(scope="module")
def checks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Check]:
    """Examine this machine once, briefly, without a profiler."""
    return {c.name: c for c in examine(tmp_path_factory.mktemp("data"), 0.5, None)}


def test_every_check_says_something(checks: dict[str, Check]) -> None:
    """Given this machine, each check has a state and a sentence, and a warning says what to change."""
    assert {"pinning", "SMT siblings", "CPU quota", "core speed", "steal", "timer", "disk sync"} <= set(
        checks
    )
    for check in checks.values():
        assert check.said
        assert check.state != "warning" or check.advice


def test_what_is_unavailable_has_no_number(checks: dict[str, Check]) -> None:
    """Given this machine, a check that could not be made gives reasons, and one that could gives numbers."""
    for check in checks.values():
        for value in check.measured.values():
            assert isinstance(value, Unavailable) == (check.state == "unavailable")


def test_shares_are_shares_and_times_are_ordered(checks: dict[str, Check]) -> None:
    """Given this machine, shares lie in 0 to 1 and a p99 is not below its median."""
    slow = known(checks["core speed"].measured["slow_share"])
    assert slow is not None
    assert 0 <= slow <= 1
    sync = checks["disk sync"].measured
    p50, p99 = known(sync["sync_p50_ms"]), known(sync["sync_p99_ms"])
    assert p50 is not None and p99 is not None
    assert 0 < p50 <= p99


def test_looking_leaves_nothing_and_pins_nothing(tmp_path: Path) -> None:
    """Given a folder and the cores of this process, both are afterwards what they were."""
    before = os.sched_getaffinity(0)
    list(examine(tmp_path, 0.3, None))
    assert list(tmp_path.iterdir()) == []
    assert os.sched_getaffinity(0) == before


def test_memory_is_warned_of() -> None:
    """Given a folder in memory, the file system is a warning, because a sync is free there."""
    if not os.path.ismount("/dev/shm"):
        pytest.skip("no /dev/shm here")
    check = disk.file_system(Path("/dev/shm"))
    assert check.state == "warning"
    assert "sync is free" in check.said
    assert disk.sync(Path("/dev/shm"), 0.01).state == "warning"


def test_a_folder_that_cannot_be_written_to_is_unavailable() -> None:
    """Given a folder where nobody writes, the sync is unavailable and not 0 ms."""
    check = disk.sync(Path("/proc"), 0.01)
    assert check.state == "unavailable"
    assert isinstance(check.measured["sync_p50_ms"], Unavailable)


def test_steal_is_a_share_of_the_time_between_two_readings() -> None:
    """Given ticks of which a tenth was stolen, a tenth is said; given none, it is unavailable and not 0."""
    before, after = [0] * 10, [50, 0, 20, 20, 0, 0, 0, 10, 0, 0]
    assert speed.steal(before, after).measured == {"steal_share": 0.1}
    assert speed.steal(before, after).state == "warning"
    assert speed.steal(None, after).state == "unavailable"
    assert speed.steal(before, before).state == "unavailable"


@pytest.mark.parametrize(
    ("own", "above", "state"),
    [
        ("max 100000", "max 100000", "ok"),
        ("max 100000", "150000 100000", "warning"),
        (None, None, "unavailable"),
    ],
)
def test_a_limit_on_any_control_group_above_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: str | None, above: str | None, state: str
) -> None:
    """Given control groups one in the other, a limit on either is found; where none can be read, that is said."""
    inner = tmp_path / "job" / "step"
    inner.mkdir(parents=True)
    for folder, text in ((inner, own), (inner.parent, above)):
        if text is not None:
            (folder / "cpu.max").write_text(text)
    monkeypatch.setattr(cores, "_CGROUP", tmp_path)
    monkeypatch.setattr(cores, "_cgroup_folder", lambda: inner)
    check = cores.quota()
    assert check.state == state
    if state == "warning":
        assert check.measured == {"quota_cores": 1.5}


def test_few_open_files_are_warned_of() -> None:
    """Given a limit of 200 open files, the check says how to raise it."""
    code = (
        "import resource; from chronik_perf.sampling.doctor import limits\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (200, 400)); print(limits.open_files())"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert "warning" in done.stdout
    assert "ulimit -n" in done.stdout
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert (limits.open_files().state == "ok") == (soft == resource.RLIM_INFINITY or soft >= 1024)


def test_whether_a_network_of_its_own_is_allowed_is_told() -> None:
    """Given a user who may not make a namespace, the check says that such versions run in turn, and why."""
    code = "from chronik_perf.sampling.doctor import limits; print(limits.namespaces())"
    root = Path(__file__).parents[2]
    command = unprivileged(sys.executable, "-c", code)
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "state='unavailable'" in done.stdout
    assert "run in turn and not side by side: this user may not make" in done.stdout


def test_profilers_that_are_not_there_are_unavailable_and_those_that_are_have_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given this machine, Linux perf took samples or has a reason; given an empty PATH, neither is there."""
    here = profilers.linux_perf()
    if here.state == "ok":
        samples = here.measured["samples"]
        assert isinstance(samples, float)
        assert samples > 0
    else:
        assert here.state == "unavailable"
        assert here.said
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ASYNC_PROFILER_HOME", raising=False)
    for check in (profilers.linux_perf(), profilers.async_profiler()):
        assert check.state == "unavailable"
        assert "on the PATH" in check.said
