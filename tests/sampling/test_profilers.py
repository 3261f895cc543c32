"""Which profiler is used follows from the process, and what cannot be is said; on real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chronik_perf.model import Unavailable
from chronik_perf.sampling import profilers
from chronik_perf.sampling.profilers.async_profiler import AsyncProfiler
from chronik_perf.sampling.profilers.linux_perf import LinuxPerf
from chronik_perf.sampling.profilers.pyspy import PySpy
from tests.programs import need


def fitting(*command: str) -> str:
    """Give the name of the profiler for a program that says a line when it is up."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline()
            found = profilers.profiler_of(program.pid)
        finally:
            program.kill()
    assert not isinstance(found, Unavailable)
    return found.name


def test_what_a_process_runs_tells_its_profiler(tmp_path: Path) -> None:
    """Given programs in Python, in Java and in C, each has its own profiler, told by what the process has mapped."""
    code = "print('up', flush=True); import time; time.sleep(30)"
    java = tmp_path / "Up.java"
    java.write_text(
        "class Up { public static void main(String[] a) throws Exception {"
        ' System.out.println("up"); Thread.sleep(30000); } }'
    )
    assert fitting(sys.executable, "-S", "-c", code) == "py-spy"
    assert fitting(need("java"), str(java)) == "async-profiler"
    assert fitting(need("yes")) == "Linux perf"


def test_a_process_that_is_gone_has_no_profile_and_the_block_runs() -> None:
    """Given a process that has ended, the block still runs, and the reason is that it has ended."""
    with subprocess.Popen(["true"]) as program:
        pid = program.pid
    ran = False
    with profilers.record(pid, "cpu") as recording:
        ran = True
    assert ran
    assert recording.missing == f"process {pid} has ended"


def test_our_own_perf_is_not_taken_for_linux_perf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given this toolkit's script `perf` first on the PATH, it is passed over, and alone it is named as another."""
    before = LinuxPerf().unavailable("cpu")
    own = shutil.copy(Path(sys.executable).with_name("perf"), tmp_path / "perf")
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{path}")
    beside = LinuxPerf().unavailable("cpu")
    assert (beside is None) == (before is None)
    monkeypatch.setenv("PATH", str(tmp_path))
    alone = LinuxPerf().unavailable("cpu")
    assert alone is not None
    assert alone.startswith("no Linux perf is on the PATH (on Debian the package linux-perf); ")
    assert f"{own} is another program or does not work" in alone


def test_a_perf_that_only_says_why_it_does_not_work_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a distribution's script that finds no perf for this kernel, the reason has its words."""
    perf = tmp_path / "perf"
    perf.write_text("#!/bin/sh\necho 'WARNING: perf not found for kernel 9.9' >&2\nexit 2\n")
    perf.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "WARNING: perf not found for kernel 9.9" in (LinuxPerf().unavailable("cpu") or "")


def test_waiting_in_native_code_is_unavailable_and_not_empty() -> None:
    """Given native code, a wall profile is refused with the reason, whether there is a Linux perf or not."""
    with subprocess.Popen(["sleep", "30"]) as sleeper:
        with profilers.record(sleeper.pid, "wall") as recording:
            pass
        sleeper.kill()
    assert recording.missing == (
        "Linux perf samples what runs on the CPU; where native code waits is not in it"
    )


def test_a_missing_async_profiler_says_where_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given no async-profiler, or a folder without it, the reason says what to set."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ASYNC_PROFILER_HOME", raising=False)
    assert "let ASYNC_PROFILER_HOME name the folder" in (AsyncProfiler().unavailable("cpu") or "")
    monkeypatch.setenv("ASYNC_PROFILER_HOME", str(tmp_path))
    assert f"is not in {tmp_path}" in (AsyncProfiler().unavailable("wall") or "")


def test_a_temporary_folder_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given no folder for temporary files, the block runs all the same, and why there is no profile names TMPDIR."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    perf = tmp_path / "perf"
    perf.write_text("#!/bin/sh\necho perf version 6.1.90\n")
    perf.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for profiler, named in (
        (PySpy(), "py-spy "),
        (LinuxPerf(), "Linux perf 6.1.90 needs a temporary folder"),
    ):
        ran = False
        with profiler.record(os.getpid(), "cpu") as recording:
            ran = True
        assert ran
        assert recording.missing is not None
        assert recording.missing.startswith(named)
        assert f"none can be made in {tmp_path / 'gone'} (No such file or directory)" in recording.missing
        assert "let TMPDIR name one" in recording.missing
