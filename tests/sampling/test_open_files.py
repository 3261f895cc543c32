"""What a real process has open is told by kind, files that a number tells apart together."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chronik_perf.sampling.open_files import MOST, open_files


def test_files_of_one_kind_stand_together(tmp_path: Path) -> None:
    """Given twenty segments of two partitions and five sockets, each kind has its number and no file its own row."""
    opened = []
    for n in range(20):
        folder = tmp_path / f"raw-{n % 2}"
        folder.mkdir(exist_ok=True)
        opened.append((folder / f"{n:020}.log").open("w"))
    before = open_files(os.getpid()).get("socket", 0)
    sockets = [socket.socket() for _ in range(5)]
    try:
        found = open_files(os.getpid())
    finally:
        for one in (*opened, *sockets):
            one.close()
    assert found["raw-#/#.log"] == 20
    assert found["socket"] == before + 5
    assert len(found) <= MOST


def test_a_process_that_has_ended_has_nothing_open() -> None:
    """Given a process id that nobody has, the system's own error is raised."""
    with pytest.raises(OSError, match="No such file"):
        open_files(2**22 + 1)


def test_a_log_that_a_process_writes_to_has_no_name_of_its_own(tmp_path: Path) -> None:
    """Given two processes whose output goes to files of different names, what they have open is called alike."""
    code = "import time; print('up', flush=True); time.sleep(60)"
    kinds = []
    for path in (tmp_path / "base.log", tmp_path / "candidate.log"):
        with path.open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            while not path.read_text():  # what a program has open while it begins is over then
                pass
            kinds.append(open_files(process.pid))
        finally:
            process.kill()
            process.wait()
    assert kinds[0] == kinds[1] == {"its standard streams": 3}
