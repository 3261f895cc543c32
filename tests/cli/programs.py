"""Runs the program as a user does, and looks for what it may have left behind."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from chronik_perf.cli import run
from chronik_perf.model import Comparison
from chronik_perf.store import load


def perf(arguments: list[str], cwd: Path, timeout_s: float = 110) -> subprocess.CompletedProcess[str]:
    """Run `perf` with the arguments, bounded in time."""
    return subprocess.run(
        [sys.executable, "-m", "chronik_perf", *arguments],
        cwd=cwd,
        env=environment(cwd),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def perf_that_counts(
    arguments: list[str], cwd: Path, out: str
) -> tuple[subprocess.CompletedProcess[str], Comparison]:
    """Run `perf` into `out` until a block counts, and give the run.

    A host that takes its time away spoils a block, and a short run has no other. Three runs without one are a failure.
    """
    for _ in range(3):
        shutil.rmtree(cwd / out, ignore_errors=True)
        done = perf([*arguments, "--out", out], cwd)
        assert done.returncode in (0, 1, 3), done.stderr
        made = load(cwd / out)
        if made.kept_blocks:
            return done, made
    raise AssertionError(f"no block counts: {[block.discarded for block in made.blocks]}")


def refused(arguments: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Do what `perf` does with the arguments, in this process: for words that it refuses before it starts anything.

    A process of its own takes a second or two to import what it needs, and says the same.
    """
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd),
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(tempfile, "tempdir", str(cwd))  # as in `environment`
        code = run(arguments)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def environment(cwd: Path) -> dict[str, str]:
    """Give the environment of a run whose machine lock is its own, so that tests do not queue for each other."""
    return {**os.environ, "TMPDIR": str(cwd)}


def one_sentence(stderr: str) -> str:
    """Give the sentence that the program said, which must be its last line."""
    assert "Traceback" not in stderr
    last = stderr.strip().splitlines()[-1]
    assert last.startswith("perf: "), stderr
    return last


def children_left(folder: Path) -> list[psutil.Process]:
    """Give the processes that still run with the folder in their command line or as their working directory."""
    left = []
    for process in psutil.process_iter():
        try:
            if process.pid == os.getpid():
                continue
            if str(folder) in " ".join(process.cmdline()) or process.cwd().startswith(str(folder)):
                left.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return left
