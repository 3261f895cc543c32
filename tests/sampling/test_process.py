"""What a process used, read from outside, on a real process that is told what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chronik_perf.model import Series, Unavailable
from chronik_perf.sampling.cpu import CpuClock
from chronik_perf.sampling.machine import mount_of
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.sampling.series import record

# Executes the lines that it is given, each answered by one line.
OBEDIENT = (
    "import sys, threading, time\nfor line in sys.stdin:\n    exec(line)\n    print('done', flush=True)\n"
)
BURN = "t0 = time.thread_time()\nwhile time.thread_time() - t0 < {s}: pass"


class Obedient:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OBEDIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self.process.pid
        self.do("pass")

    def do(self, statement: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"exec({statement!r})\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def obedient() -> Iterator[Obedient]:
    one = Obedient()
    yield one
    one.end()


def seconds(clock: CpuClock) -> float:
    value = clock.read()
    assert isinstance(value, float)
    return value


def test_the_cpu_clock_counts_threads_that_have_ended(obedient: Obedient) -> None:
    """Given a thread that burned 0.05 s and ended, its time is still in the clock."""
    clock = CpuClock(obedient.pid)
    before = seconds(clock)
    obedient.do(
        f"def burn():\n  {BURN.format(s=0.05).replace(chr(10), chr(10) + '  ')}\nglobals()['burn'] = burn"
    )
    obedient.do("one = threading.Thread(target=burn); one.start(); one.join()")
    assert 0.05 <= seconds(clock) - before < 0.15


def test_the_cpu_clock_stands_still_with_a_process_that_rests(obedient: Obedient) -> None:
    """Given a process that waits for a line, readings are equal to the nanosecond."""
    clock = CpuClock(obedient.pid)
    obedient.do("time.sleep(0.02)")
    readings = {seconds(clock)}
    for _ in range(50):
        os.sched_yield()
        readings.add(seconds(clock))
    # It may still have been on its way to sleep at the first readings.
    assert len(readings) <= 2


def test_a_process_that_has_ended_has_no_cpu_time(obedient: Obedient) -> None:
    """Given a process that ended, its clock is unavailable and says so."""
    clock = CpuClock(obedient.pid)
    obedient.end()
    value = clock.read()
    assert isinstance(value, Unavailable)
    assert "has ended" in value.reason
    assert isinstance(CpuClock(obedient.pid).read(), Unavailable)


def test_memory_threads_descriptors_and_switches_are_seen(
    obedient: Obedient, tmp_path: os.PathLike[str]
) -> None:
    """Given a process that takes memory, a thread, a file and writes, each shows in its own value."""
    sampler = ProcessSampler(obedient.pid)
    before, left = sampler.sample(), sampler.descriptors_left()
    obedient.do(
        f"import os; f = open({os.fspath(tmp_path)!r} + '/x', 'wb'); f.write(b'x' * 1_000_000); f.flush()"
    )
    obedient.do("more = bytearray(40_000_000)")
    obedient.do(
        "def nap():\n  for _ in range(100): time.sleep(0.0002)\n  rested.set(); threading.Event().wait()\n"
        "globals()['rested'] = threading.Event()\n"
        "threading.Thread(target=nap, daemon=True).start(); rested.wait()"
    )
    after = sampler.sample()
    assert after["rss_bytes"] - before["rss_bytes"] > 30_000_000
    assert after["threads"] - before["threads"] == 1
    assert after["descriptors"] - before["descriptors"] == 1
    assert isinstance(left, float) and sampler.descriptors_left() == left - 1
    if mount_of(Path(tmp_path)).filesystem != "tmpfs":  # where nothing is ever written
        assert after["written_bytes"] - before["written_bytes"] >= 1_000_000
    assert after["context_switches"] - before["context_switches"] >= 100, "a thread's own switches count too"
    assert sampler.rss_bytes() == pytest.approx(after["rss_bytes"], rel=0.2)
    assert sampler.unavailable == {}


def test_a_process_that_has_ended_is_unavailable_by_name(obedient: Obedient) -> None:
    """Given a process that ended, nothing raises, and each name has the reason."""
    sampler = ProcessSampler(obedient.pid)
    obedient.end()
    assert sampler.sample() == {}
    assert set(sampler.unavailable) == {
        "cpu_s",
        "rss_bytes",
        "threads",
        "context_switches",
        "descriptors",
        "written_bytes",
    }
    assert isinstance(sampler.rss_bytes(), Unavailable)


class Steps:
    """A sampler whose only counter grows by 1,000 from sample to sample."""

    counters = frozenset({"messages"})

    def __init__(self) -> None:
        self.unavailable: dict[str, str] = {}
        self._messages = 0.0

    def sample(self) -> dict[str, float]:
        self._messages += 1000
        return {"messages": self._messages}


def gained(series: Series, name: str) -> float:
    """Give what a counter gained over a series, out of its rates."""
    spans = zip(series.values[name][1:], series.t_s, series.t_s[1:], strict=False)
    return sum(rate * (later - earlier) for rate, earlier, later in spans if rate is not None)


def test_a_series_has_one_value_or_none_for_every_moment(obedient: Obedient) -> None:
    """Given a window in which memory grows, states are sampled, counters are rates, times rise from 0."""
    with record([ProcessSampler(obedient.pid), Steps()], interval_s=0.02) as recording:
        obedient.do(BURN.format(s=0.1))
        obedient.do("more = bytearray(40_000_000)")
        obedient.do("time.sleep(0.1)")
    series = recording.series("candidate", "raw")
    assert (series.side, series.workload) == ("candidate", "raw")
    assert len(series.t_s) >= 5
    assert series.t_s[0] == 0.0
    assert list(series.t_s) == sorted(series.t_s)
    assert {len(column) for column in series.values.values()} == {len(series.t_s)}
    rss = [v for v in series.values["rss_bytes"] if v is not None]
    assert rss[-1] - rss[0] > 30_000_000
    assert series.values["cpu_share"][0] is None
    assert gained(series, "cpu_share") >= 0.08  # of the 0.1 s that were burned, by a clock of 10 ms
    assert gained(series, "accepted_msgs_per_s") == pytest.approx(1000 * (len(series.t_s) - 1))


def test_a_series_of_a_dead_process_says_why_it_is_empty(obedient: Obedient) -> None:
    """Given a broker that is gone, its series holds no value and the reasons instead."""
    sampler = ProcessSampler(obedient.pid)
    obedient.end()
    with record([sampler], interval_s=0.02) as recording:
        pass
    series = recording.series("base", "raw")
    assert series.values == {}
    assert "has ended" in series.unavailable["rss_bytes"]
