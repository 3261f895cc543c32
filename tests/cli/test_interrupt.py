"""Ctrl-C, a cancelled job, a killed toolkit: no process is left, and what was measured is kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.programs import children_left, environment, perf


def begin(tmp_path: Path, *more: str) -> subprocess.Popen[str]:
    """Start a comparison of short blocks, which says on stderr what it does."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "chronik_perf", "compare", "v2.2.0", "v2.2.8"),
            *("--quick", "--workload", "raw", "--blocks", "30", "--no-profiles", "--family-error", "0.5"),
            *("--out", str(tmp_path / "run")),
            *more,
        ],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    pytest.fail(f"the program ended with {process.wait()} and never said {text!r}")


def wait_for_a_broker(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while not any("broker" in p.cmdline() for p in children_left(folder)) and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_its_blocks_and_can_be_resumed(how: signal.Signals, tmp_path: Path) -> None:
    """Given a run in its third block, a signal ends it with 130; two blocks are kept and more can be added."""
    process = begin(tmp_path)
    read_until(process, "block 3")
    process.send_signal(how)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert "--resume" in stderr
    assert not children_left(tmp_path)
    document = json.loads((tmp_path / "run" / "comparison.json").read_text())
    assert len(document["blocks"]) == 2
    assert document["complete"] is False
    assert perf(["report", str(tmp_path / "run")], cwd=tmp_path).returncode == 0

    done = perf(
        ["compare", "--resume", str(tmp_path / "run"), "--blocks", "2", "--no-profiles"], cwd=tmp_path
    )
    assert done.returncode in (0, 1, 3), done.stderr
    document = json.loads((tmp_path / "run" / "comparison.json").read_text())
    assert len(document["blocks"]) == 4


def test_a_killed_toolkit_takes_its_children_with_it(tmp_path: Path) -> None:
    """Given a toolkit that is killed with SIGKILL under load, its brokers and load processes die too."""
    process = begin(tmp_path)
    read_until(process, "block 2")
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while children_left(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children_left(tmp_path)


def test_a_second_ctrl_c_leaves_nothing_either(tmp_path: Path) -> None:
    """Given a user who presses Ctrl-C again and again in the first block, no process, data or empty folder is left."""
    process = begin(tmp_path)
    read_until(process, "block 1")
    wait_for_a_broker(tmp_path)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr.strip().splitlines() == ["perf: interrupted"]
    assert not children_left(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["chronik-perf.lock"]


def test_a_run_resumed_with_other_workloads_is_refused(tmp_path: Path) -> None:
    """Given a run of one workload, adding blocks of another is refused and both are named."""
    process = begin(tmp_path, "--seed", "1")
    read_until(process, "block 2")
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    done = perf(["compare", "--resume", str(tmp_path / "run"), "--workload", "acks1"], cwd=tmp_path)
    assert done.returncode == 2
    assert "raw" in done.stderr
    assert "acks1" in done.stderr
