"""`perf instructions` as a user meets it: what it prints, and how it ends where it cannot count."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.programs import children_left, environment, perf, refused
from tests.programs import need

BROKER = Path(__file__).parents[1] / "experiment" / "counted_broker.py"


def small(*arguments: str) -> str:
    return " ".join((f"command:{sys.executable} -I -S {BROKER} --port {{port}}", *arguments))


def test_it_says_what_it_sees_and_what_it_is_blind_to(tmp_path: Path) -> None:
    """Given 300 turns of a loop more on one side and 5 ms of waiting a burst on the other, the work alone is counted.

    What a count cannot show is said beside it, and the exit code is 0.
    """
    need("valgrind")
    done = perf(
        [
            *("instructions", small("--wait-ms", "5"), small("--work", "300")),
            *("--messages", "500", "--repeats", "2", "--json", "counted.json"),
        ],
        cwd=tmp_path,
        timeout_s=170,
    )
    assert done.returncode == 0, done.stderr
    assert "more instructions per message" in done.stdout
    assert "blind to waiting" in done.stdout
    assert "decides nothing" in done.stdout
    document = json.loads((tmp_path / "counted.json").read_text())
    assert document["change"]["differs"] is True
    each = [document[side]["instructions_per_message"] for side in ("base", "candidate")]
    assert 3_000 < each[1] - each[0] < 60_000
    assert len(document["base"]["repeats"]) == 2
    assert not children_left(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["chronik-perf.lock", "counted.json"]


def test_what_was_counted_is_told_though_its_file_cannot_be_written(tmp_path: Path) -> None:
    """Given a folder for the file that has gone when all is counted, what was found is printed before what failed."""
    need("valgrind")
    folder = tmp_path / "results"
    folder.mkdir()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "chronik_perf", "instructions", small(), small()),
            *("--messages", "500", "--repeats", "2", "--json", "results/counted.json"),
        ],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "repeat 1" in process.stderr.readline()
    folder.rmdir()
    folder.touch()
    stdout, stderr = process.communicate(timeout=170)
    assert process.returncode == 4, stderr
    assert "instructions per message" in stdout
    assert stderr.splitlines()[-1].startswith("perf: cannot write results/counted.json: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["v2.2.0", "v9.9.9"], "v9.9.9"),
        (["v2.2.0", "v2.2.7", "--messages", "3"], "--messages"),
        (["v2.2.0", "v2.2.7", "--repeats", "1"], "--repeats"),
        (["v2.2.0", "v2.2.7", "--json", "."], "--json is ., which is a folder"),
        (["v2.2.0", "v2.2.7", "--json", "taken/below/counted.json"], "--json cannot be written, as taken"),
    ],
)
def test_bad_usage_exits_with_2(arguments: list[str], says: str, tmp_path: Path) -> None:
    """Given words that cannot be right, they are named before anything is started."""
    (tmp_path / "taken").touch()
    done = refused(["instructions", *arguments], tmp_path)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_without_valgrind_it_is_unavailable(tmp_path: Path) -> None:
    """Given a machine without valgrind, it says why there are no counts and what to install, and exits with 4."""
    done = subprocess.run(
        [sys.executable, "-m", "chronik_perf", "instructions", "v2.2.0", "v2.2.7"],
        cwd=tmp_path,
        env={**environment(tmp_path), "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "unavailable" in done.stderr and "install" in done.stderr


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """Given Ctrl-C while a broker runs under valgrind, no process and no folder is left, and the exit code is 130."""
    need("valgrind")
    process = subprocess.Popen(
        [sys.executable, "-m", "chronik_perf", "instructions", small(), small()],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "repeat 1" in process.stderr.readline()
    deadline = time.monotonic() + 60
    while not any("counted_broker" in " ".join(p.cmdline()) for p in children_left(tmp_path)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    # Interrupted in the instant in which a broker begins, it is that broker's leash that ends it, just after.
    deadline = time.monotonic() + 30
    while children_left(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not children_left(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["chronik-perf.lock"]
