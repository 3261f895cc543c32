"""The quiet rule on real processes: what a broker does after its load belongs to that load."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chronik_perf.experiment.quiet import idle_shares, wait_until_quiet
from chronik_perf.model import Unavailable
from chronik_perf.sampling.cpu import CpuClock

# Works for 0.3 s of CPU whenever it reads a line, after having said so.
WORKER = """
import sys, time
for line in sys.stdin:
    print("begun", flush=True)
    end = time.process_time() + float(line)
    while time.process_time() < end:
        pass
"""


@contextmanager
def worker() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ask_for_work(process: subprocess.Popen[str], cpu_s: float) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{cpu_s}\n")
    process.stdin.flush()
    process.stdout.readline()


def test_leftovers_are_waited_for_and_counted() -> None:
    """Given a process that works on for 0.3 s of CPU, quiet comes after all of it, and its CPU is in the count."""
    with worker() as process:
        ask_for_work(process, 0.001)
        time.sleep(0.1)
        clock = CpuClock(process.pid)
        (idle,) = idle_shares([clock])
        before = clock.read()
        ask_for_work(process, 0.3)
        (quiet,) = wait_until_quiet([(clock, idle)], limit_s=20)
        assert not isinstance(quiet.cpu_s, Unavailable)
        assert not isinstance(before, Unavailable)
        assert quiet.cpu_s - before >= 0.29


def test_a_process_that_never_rests_is_said_to_be_at_work() -> None:
    """Given a process that works on past the limit, the time until quiet is unavailable and the reason says so."""
    with worker() as process:
        ask_for_work(process, 60)
        (quiet,) = wait_until_quiet([(CpuClock(process.pid), 0.0)], limit_s=0.2)
        assert isinstance(quiet.after_s, Unavailable)
        assert "still at work" in quiet.after_s.reason


def test_a_process_that_has_ended_has_no_cpu_to_read() -> None:
    """Given a process that is gone, its CPU is unavailable, and never 0."""
    with worker() as process:
        clock = CpuClock(process.pid)
    assert isinstance(clock.read(), Unavailable)
