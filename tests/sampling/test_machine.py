"""What the machine says of itself, on the machine that this is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chronik_perf.model import Unavailable
from chronik_perf.sampling import machine
from chronik_perf.sampling.canaries import measure_canaries


def test_cores_are_chosen_from_those_that_are_allowed() -> None:
    """Given a process that may use some cores, broker and load get two of them, or none and a warning."""
    broker, load, _ = machine.choose_cores()
    allowed = os.sched_getaffinity(0)
    if len(allowed) == 1:
        assert (broker, load) == (None, None)
    else:
        assert broker != load
        assert {broker, load} <= allowed


def test_one_core_is_said_to_be_one() -> None:
    """Given a process that may use one core alone, nothing is pinned and the warning says what that means."""
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from chronik_perf.sampling import machine; print(*machine.choose_cores())"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("None None there is one core")


def test_a_memory_file_system_is_known_as_such() -> None:
    """Given a path on tmpfs, the mount says so; and the deepest mount above a path is the one given."""
    if os.path.ismount("/dev/shm"):
        assert machine.mount_of(Path("/dev/shm")).filesystem == "tmpfs"
    assert machine.mount_of(Path("/proc/self")).filesystem == "proc"
    assert machine.mount_of(Path("/")).point == "/"


def test_a_fingerprint_tells_classes_of_machines_apart() -> None:
    """Given two machines alike but for a patch release and a few MB, they are one; another disk is not."""
    gib = 2**30
    one = machine.fingerprint("EPYC", 2, 24 * gib, "ext4", "6.18.44-generic")
    assert one == machine.fingerprint("EPYC", 2, 24 * gib - 5_000_000, "ext4", "6.18.51-generic")
    assert one != machine.fingerprint("EPYC", 2, 24 * gib, "xfs", "6.18.44-generic")
    assert one != machine.fingerprint("EPYC", 4, 24 * gib, "ext4", "6.18.44-generic")


def test_the_environment_records_disk_cores_and_clients(tmp_path: Path) -> None:
    """Given a place to measure in, its file system, kernel and clients are recorded."""
    found = machine.environment(
        tmp_path, broker_core=1, load_core=0, clients={"confluent-kafka": "2.16.1"}, warnings="one core"
    )
    assert found.filesystem == machine.mount_of(tmp_path).filesystem != "unknown"
    assert found.clients == {"confluent-kafka": "2.16.1"}
    assert found.warnings[0] == "one core"
    assert found.cores >= 1
    assert "free" in found.facts["disk"]
    again = machine.environment(tmp_path, broker_core=1, load_core=0, clients={})
    assert again.fingerprint == found.fingerprint


def test_a_busy_stranger_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a program of somebody else that burns a core, it is named; an own child is not."""
    burn = "while True: pass"
    # Other tests' programs may leave it less than the fifth of a core that counts.
    monkeypatch.setattr(machine, "_BUSY_SHARE", 0.03)
    # An orphan: started by a shell that has ended, so that it is no child of this process.
    shell = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -c "{burn}" >/dev/null 2>&1 & echo $!'],
        capture_output=True,
        text=True,
        check=True,
    )
    stranger, child = int(shell.stdout), subprocess.Popen([sys.executable, "-c", burn])
    try:
        deadline = time.monotonic() + 60
        while f"process {stranger}," not in (busy := " ".join(machine.busy_processes(0.3))):
            assert time.monotonic() < deadline
        assert f"process {child.pid}," not in busy
    finally:
        os.kill(stranger, 9)
        child.kill()
        child.wait()


def test_canaries_are_measured_and_leave_nothing(tmp_path: Path) -> None:
    """Given a folder, three positive figures come back, no file stays, and the process is not pinned."""
    allowed = os.sched_getaffinity(0)
    canaries = measure_canaries(tmp_path)
    for value in (canaries.fdatasync_ms, canaries.cpu_loop_ms, canaries.loopback_us):
        assert isinstance(value, float)
        assert value > 0
    assert list(tmp_path.iterdir()) == []
    assert os.sched_getaffinity(0) == allowed


def test_a_canary_that_cannot_be_measured_says_why(tmp_path: Path) -> None:
    """Given a folder that is not there, the disk's canary is unavailable and the others are measured."""
    canaries = measure_canaries(tmp_path / "nowhere")
    assert isinstance(canaries.fdatasync_ms, Unavailable)
    assert "No such file" in canaries.fdatasync_ms.reason
    assert isinstance(canaries.cpu_loop_ms, float)
