"""Ctrl-C, a cancelled job, a killed toolkit: no process is left, and what was measured is kept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.cli.programs import children_left, environment, perf, refused


def begin(tmp_path: Path) -> subprocess.Popen[str]:
    """Start a comparison of short blocks, which says on stderr what it does."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "chronik_perf", "compare", "v2.2.0", "v2.2.8"),
            *("--quick", "--workload", "raw", "--blocks", "30", "--no-profiles", "--family-error", "0.5"),
            *("--out", str(tmp_path / "run")),
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


def wait_for(program: str, folder: Path) -> None:
    """Wait until a process below the folder has this word in its command line."""
    deadline = time.monotonic() + 60
    while not any(program in " ".join(p.cmdline()) for p in children_left(folder)):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@dataclass(frozen=True)
class Interrupted:
    """A run of one workload that was ended in its third block: its folder, exit code and last words."""

    folder: Path
    code: int
    stderr: str
    left: list[psutil.Process]

    @property
    def run(self) -> Path:
        return self.folder / "run"

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.run / "comparison.json").read_text())
        return found


def interrupt(folder: Path, by: signal.Signals) -> Interrupted:
    process = begin(folder)
    read_until(process, "block 3")
    process.send_signal(by)
    _, stderr = process.communicate(timeout=60)
    return Interrupted(folder, process.returncode, stderr, children_left(folder))


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    """Press Ctrl-C in one run, for all tests that look at what it left."""
    return interrupt(tmp_path_factory.mktemp("interrupted"), signal.SIGINT)


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_its_blocks(
    by: signal.Signals, interrupted: Interrupted, tmp_path: Path
) -> None:
    """Given a run in its third block, a signal ends it with 130; two blocks are kept and no process is left."""
    one = interrupted if by is signal.SIGINT else interrupt(tmp_path, by)
    assert one.code == 130
    assert "Traceback" not in one.stderr
    assert "--resume" in one.stderr
    assert not one.left
    document = one.document()
    assert len(document["blocks"]) == 2
    assert document["complete"] is False


def test_a_run_resumed_with_other_workloads_is_refused(interrupted: Interrupted) -> None:
    """Given a run of one workload, adding blocks of another is refused, both are named, and the run stays as it was."""
    before = interrupted.document()
    done = refused(["compare", "--resume", str(interrupted.run), "--workload", "acks1"], interrupted.folder)
    assert done.returncode == 2
    assert "raw" in done.stderr
    assert "acks1" in done.stderr
    assert interrupted.document() == before


def test_a_run_resumed_with_another_client_is_refused(interrupted: Interrupted) -> None:
    """Given a run that another release of the client library loaded, adding blocks is refused and both are named."""
    file = interrupted.run / "comparison.json"
    kept = file.read_text()
    document = interrupted.document()
    document["environment"]["clients"]["librdkafka"] = "1.8.2"
    file.write_text(json.dumps(document))
    try:
        done = refused(["compare", "--resume", str(interrupted.run)], interrupted.folder)
        assert done.returncode == 2
        assert "librdkafka 1.8.2, and here is" in done.stderr
        assert interrupted.document() == document
        assert sorted(p.name for p in interrupted.run.glob("data-*")) == []
    finally:
        file.write_text(kept)


def test_an_interrupted_run_is_reported_and_can_be_resumed(interrupted: Interrupted) -> None:
    """Given the two blocks of an interrupted run, they have a report, and as many as a budget holds can be added."""
    assert perf(["report", str(interrupted.run)], cwd=interrupted.folder).returncode == 0
    done = perf(
        ["compare", "--resume", str(interrupted.run), "--budget", "1s", "--no-profiles"],
        cwd=interrupted.folder,
    )
    assert done.returncode in (0, 1, 3), done.stderr
    assert len(interrupted.document()["blocks"]) == 3


def test_a_killed_toolkit_takes_its_children_with_it(tmp_path: Path) -> None:
    """Given a toolkit that is killed with SIGKILL under load, its brokers and load processes die too."""
    process = begin(tmp_path)
    read_until(process, "block 1")
    wait_for("load.worker", tmp_path)
    wait_for("broker start", tmp_path)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 30
    while children_left(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children_left(tmp_path)


def test_a_second_ctrl_c_leaves_nothing_either(tmp_path: Path) -> None:
    """Given a user who presses Ctrl-C again and again in the first block, no process, data or empty folder is left."""
    process = begin(tmp_path)
    read_until(process, "block 1")
    wait_for("broker start", tmp_path)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr.strip().splitlines() == ["perf: interrupted"]
    assert not children_left(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["chronik-perf.lock"]
