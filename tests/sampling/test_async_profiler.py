"""Profiles of a real Java program by the real async-profiler, which ci/async-profiler.sh fetches."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chronik_perf.model import Unavailable
from chronik_perf.sampling.profilers import Recording, hotspot, record
from chronik_perf.sampling.profilers.async_profiler import AsyncProfiler, _library, fold
from tests.programs import FROM_ELSEWHERE, need

# Half the time busy and half asleep; a thread of another name rests all the time.
PROGRAM = """
class Busy {
  static volatile long x;
  static void work() { long end = System.nanoTime() + 10_000_000L; while (System.nanoTime() < end) x++; }
  static void rest() throws Exception { Thread.sleep(10); }
  static void waiting() { try { Thread.sleep(60_000); } catch (InterruptedException e) { } }
  public static void main(String[] args) throws Exception {
    Thread wal = new Thread(() -> waiting(), "wal");
    wal.setDaemon(true);
    wal.start();
    System.out.println("up");
    for (int i = 0; i < 2_000; i++) { work(); rest(); }
  }
}
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("java") / "Busy.java"
    path.write_text(PROGRAM)
    return path


@contextlib.contextmanager
def started(source: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the Java program; it is at work when the block begins."""
    command = [need("java"), "-Xmx64m", *options, str(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as program:
        try:
            assert program.stdout is not None
            while program.stdout.readline() not in (b"up\n", b""):
                pass
            yield program
        finally:
            program.terminate()  # not killed: a JVM takes its socket out of /tmp when it ends by itself


@pytest.fixture(scope="module")
def java(source: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give the running program, where there is an async-profiler to profile it with."""
    if (missing := AsyncProfiler().unavailable("cpu")) is not None:
        pytest.skip(f"{FROM_ELSEWHERE}{missing}; ci/async-profiler.sh fetches it")
    with started(source) as program:
        yield program


def take(pid: int, kind: str, seconds: float = 0.8) -> Recording:
    with record(pid, kind) as recording:  # type: ignore[arg-type]
        time.sleep(seconds)
    return recording


def frames(recording: Recording, function: str) -> int:
    return sum(n for stack, n in recording.stacks.items() if f";Busy.{function}" in stack)


def test_a_cpu_profile_of_a_jvm_holds_what_is_busy(java: subprocess.Popen[bytes]) -> None:
    """Given a Java program, its CPU profile shows the method that works and not the one that sleeps."""
    recording = take(java.pid, "cpu")
    assert recording.missing is None
    assert re.fullmatch(r"async-profiler \d[\w.]*", recording.profiler)
    assert frames(recording, "work") > 10 * frames(recording, "rest")
    assert any(stack.startswith("main;") for stack in recording.stacks)
    assert not any("tid=" in stack for stack in recording.stacks)
    assert isinstance(recording.cpu_s, float)
    assert recording.cpu_s > 0


def test_a_wall_profile_of_a_jvm_holds_the_waits_as_well(java: subprocess.Popen[bytes]) -> None:
    """Given the same program again, the wall profile shows its rest and the thread that always waits."""
    recording = take(java.pid, "wall")
    assert recording.missing is None
    assert frames(recording, "work") > 0
    assert frames(recording, "rest") > 0
    assert frames(recording, "waiting") > 0
    assert {"main", "wal"} <= {stack.split(";")[0] for stack in recording.stacks}


def test_an_error_in_the_window_ends_the_profile_and_leaves_nothing(
    java: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a load that fails while it is profiled, its error comes through, and the JVM can be profiled anew."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(ZeroDivisionError), record(java.pid, "cpu"):
        1 / 0  # noqa: B018
    assert take(java.pid, "cpu", 0.3).missing is None
    assert list(tmp_path.iterdir()) == []
    assert java.poll() is None


def test_a_profile_that_somebody_else_takes_goes_on(java: subprocess.Popen[bytes]) -> None:
    """Given a JVM that somebody profiles already, ours is missing with the reason, and theirs is not stopped."""
    library = _library()
    assert not isinstance(library, Unavailable)
    assert hotspot.load_agent(java.pid, library, "start,event=wall,interval=20ms", 10) == 0
    try:
        recording = take(java.pid, "cpu", 0.1)
    finally:
        stopped = hotspot.load_agent(java.pid, library, "stop,file=/dev/null", 10)
    assert recording.missing == f"async-profiler cannot profile process {java.pid} (Profiler already started)"
    assert stopped == 0


def test_a_jvm_that_stands_still_is_not_waited_for(
    java: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a JVM that does not answer, the block runs and the reason is that; the JVM goes on."""
    monkeypatch.setattr("chronik_perf.sampling.profilers.async_profiler._ANSWER_LIMIT_S", 0.3)
    java.send_signal(signal.SIGSTOP)
    try:
        recording = take(java.pid, "cpu", 0)
    finally:
        java.send_signal(signal.SIGCONT)
    assert recording.missing is not None
    assert "the JVM did not answer within 0.3 s" in recording.missing
    assert java.poll() is None


def test_a_jvm_that_lets_nobody_in_has_that_as_the_reason(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a JVM without the attach mechanism, the reason names it, and no file that asked for it is left."""
    monkeypatch.setattr(hotspot, "_OPEN_LIMIT_S", 0.5)
    with started(source, "-XX:+DisableAttachMechanism") as program:
        with pytest.raises(hotspot.Refused, match=r"-XX:\+DisableAttachMechanism"):
            hotspot.load_agent(program.pid, Path("/nowhere.so"), "start", 1)
        assert program.poll() is None
        assert not Path(f"/tmp/.attach_pid{program.pid}").exists()


def test_a_library_that_cannot_be_loaded_is_said_by_the_jvm(source: Path) -> None:
    """Given a library that is not there, the reason is the JVM's own, and the JVM goes on."""
    with started(source) as program:
        with pytest.raises(hotspot.Refused, match=r"nowhere\.so"):
            hotspot.load_agent(program.pid, Path("/nowhere.so"), "start", 10)
        assert program.poll() is None


def test_a_process_that_is_no_jvm_is_not_signalled() -> None:
    """Given a process that SIGQUIT would kill, it is not sent one; given none, that is the reason."""
    with subprocess.Popen(["sleep", "30"]) as sleeper:
        with pytest.raises(hotspot.Refused, match="does not handle SIGQUIT"):
            hotspot.load_agent(sleeper.pid, Path("/nowhere.so"), "start", 1)
        assert sleeper.poll() is None
        sleeper.kill()
    with pytest.raises(hotspot.Refused, match="it has ended"):
        hotspot.load_agent(sleeper.pid, Path("/nowhere.so"), "start", 1)


def test_another_users_jvm_is_left_alone(source: Path) -> None:
    """Given a JVM of another user, the reason says so before anything is asked of it."""
    if os.geteuid() == 0:
        os.setresuid(65534, 65534, 0)
    try:
        with pytest.raises(hotspot.Refused, match="another user"):
            hotspot.load_agent(1, source, "start", 1)
    finally:
        if os.getresuid()[2] == 0:
            os.setresuid(0, 0, 0)


def test_stacks_are_read_as_async_profiler_writes_them() -> None:
    """Given recorded stacks, threads go by name without their number, those of one name together."""
    assert fold("[main tid=7];A.b;c_[k] 3\n[io 1 tid=8];A.b 2\n[io 1 tid=9];A.b 1\n[tid=4];x 1\n") == {
        "main;A.b;c_[k]": 3,
        "io 1;A.b": 3,
        "unnamed thread;x": 1,
    }
    with pytest.raises(ValueError, match="not a stack as async-profiler folds it"):
        fold("A.b 3\n")
