"""Two measurements on one machine spoil each other."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from chronik_perf.experiment import machine_lock
from chronik_perf.model import MeasurementFailed


def test_the_lock_is_held_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a measurement under way, a second one is refused; when the first has ended it may begin."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        machine_lock(wait=False),
        pytest.raises(MeasurementFailed, match="another measurement"),
        machine_lock(False),
    ):
        pass
    with machine_lock(wait=False):
        pass


def test_who_must_wait_learns_for_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a lock that a call of perf holds, the sentence names its process and what it was asked for."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    words = [sys.executable, "-c", "import time; time.sleep(60)", "/somewhere/perf", "compare", "v1", "v2"]
    with subprocess.Popen(words) as other, (tmp_path / "chronik-perf.lock").open("w") as lock:
        while b"v2" not in Path(f"/proc/{other.pid}/cmdline").read_bytes():
            time.sleep(0.01)  # the kernel has begun the program, and not yet its words
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(f"{other.pid}\n")
        lock.flush()
        said = rf"another measurement \(process {other.pid}: perf compare v1 v2\) runs"
        with pytest.raises(MeasurementFailed, match=said), machine_lock(wait=False):
            pass
        other.kill()
