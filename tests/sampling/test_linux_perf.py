"""Profiles of a real native program by the real Linux perf; where it does not work here, its reason is asserted."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from chronik_perf.sampling.profilers import Recording, linux_perf, record
from chronik_perf.sampling.profilers.linux_perf import LinuxPerf
from tests.programs import need

NOBODY = 65534
# Busy in two functions of its own, called by one that does nothing, and in the kernel.
PROGRAM = """
#include <unistd.h>
#include <sys/syscall.h>
volatile unsigned long x;
__attribute__((noinline)) void burn(void) { for (int i = 0; i < 1000000; i++) x += i; }
__attribute__((noinline)) void ask(void) { for (int i = 0; i < 20000; i++) syscall(SYS_getppid); x++; }
__attribute__((noinline)) void serve(void) { burn(); ask(); x++; }
int main(void) { alarm(60); for (;;) serve(); }
"""


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """Give a busy native program, built as compilers do by default: without frame pointers."""
    folder = tmp_path_factory.mktemp("native")
    (folder / "busy.c").write_text(PROGRAM)
    compiler = need("cc", "gcc", "clang")
    subprocess.run([compiler, "-O1", "-fomit-frame-pointer", "-o", "busy", "busy.c"], cwd=folder, check=True)
    with subprocess.Popen([str(folder / "busy")]) as program:
        yield program
        program.kill()


def take(pid: int, seconds: float = 0.8) -> Recording:
    with record(pid, "cpu") as recording:
        time.sleep(seconds)
    return recording


def share(recording: Recording, function: str) -> float:
    """Give the share of samples whose stacks hold the function."""
    return sum(n for stack, n in recording.stacks.items() if f";{function} (" in stack) / recording.samples


def works(recording: Recording) -> bool:
    """Tell whether there is a profile; where there is none the reason must say what is missing or forbidden."""
    if recording.missing is None:
        return True
    assert "no Linux perf is on the PATH" in recording.missing or "perf_event_paranoid" in recording.missing
    return False


def test_native_code_has_a_profile_with_callers_and_the_kernel(native: subprocess.Popen[bytes]) -> None:
    """Given a busy C program, its functions have their callers, and what the kernel does for it is marked as such."""
    recording = take(native.pid)
    assert recording.profiler.startswith("Linux perf ") or recording.missing is not None
    if works(recording):
        assert isinstance(recording.cpu_s, float)
        assert share(recording, "serve") > 0.8
        assert share(recording, "burn") > 0
        assert share(recording, "ask") > 0
        stack = next(s for s in recording.stacks if ";burn (busy)" in s)
        assert stack.startswith("busy;")
        assert ";main (busy);serve (busy);burn (busy)" in stack
        assert any("([kernel])" in s or s.startswith("kernel, ") for s in recording.stacks)
    assert native.poll() is None, "what was profiled goes on"


def test_nothing_is_left(
    native: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a load that fails while it is profiled, its error comes through; no process and no file are left."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("HOME", str(tmp_path))
    before = psutil.Process().children(recursive=True)
    descriptors = os.listdir("/proc/self/fd")
    with pytest.raises(ZeroDivisionError), record(native.pid, "cpu"):
        1 / 0  # noqa: B018
    works(take(native.pid, 0.1))
    assert psutil.Process().children(recursive=True) == before
    assert len(os.listdir("/proc/self/fd")) == len(descriptors)
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_ends_in_the_window_ends_its_profiler() -> None:
    """Given a program that ends while it is profiled, there is a profile or a reason, and no process is left."""
    with subprocess.Popen(["timeout", "20", "sh", "-c", "while :; do :; done"]) as program:
        (shell,) = _children(program.pid)
        before = psutil.Process().children(recursive=True)
        with record(shell, "cpu") as recording:
            time.sleep(0.3)
            program.kill()
            os.kill(shell, 9)
        assert (recording.missing is None) == bool(recording.stacks)
        assert {p.pid for p in psutil.Process().children(recursive=True)} <= {p.pid for p in before}


def test_a_shell_that_waits_for_its_broker_is_told_what_to_do() -> None:
    """Given a shell that started its program as a child, the reason is that, and says how to start it."""
    with subprocess.Popen(["sh", "-c", "sleep 20; true"], start_new_session=True) as shell:
        recording = take(shell.pid, 0.2)
        os.killpg(shell.pid, 9)
    assert recording.missing is not None
    if "no Linux perf" not in recording.missing and "perf_event_paranoid" not in recording.missing:
        assert "which is a shell (" in recording.missing
        assert "must do so by exec" in recording.missing


def test_a_process_that_may_not_be_profiled_has_the_kernels_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given somebody else's process, the block runs, and the reason is perf's with the kernel's setting."""
    if LinuxPerf().unavailable("cpu") is not None:
        assert "no Linux perf is on the PATH" in (LinuxPerf().unavailable("cpu") or "")
        return
    if os.geteuid() == 0:
        os.setresuid(NOBODY, NOBODY, 0)
    # The suite's own may be closed to nobody.
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    try:
        with LinuxPerf().record(1, "cpu") as recording:
            pass
    finally:
        if os.getresuid()[2] == 0:
            os.setresuid(0, 0, 0)
    assert recording.missing is not None
    assert recording.missing.startswith("Linux perf cannot profile process 1 (Access to performance")
    assert "kernel.perf_event_paranoid is " in recording.missing


def test_a_perf_that_hangs_is_ended(
    native: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a perf that neither begins nor heeds its signal, the block runs and no process of it is left."""
    perf = tmp_path / "perf"
    perf.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo perf version 9 && exit\ntrap "" INT\nexec sleep 60\n'
    )
    perf.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(linux_perf, "_BEGIN_LIMIT_S", 0.3)
    monkeypatch.setattr("chronik_perf.sampling.profilers.program._END_LIMIT_S", 0.3)
    before = psutil.Process().children(recursive=True)
    recording = take(native.pid, 0)
    assert recording.missing == f"Linux perf did not begin to sample process {native.pid} within 0.3 s"
    assert psutil.Process().children(recursive=True) == before


def _children(pid: int) -> list[int]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if children := [p.pid for p in psutil.Process(pid).children()]:
            return children
        time.sleep(0.01)
    return []
