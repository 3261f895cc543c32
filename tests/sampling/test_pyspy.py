"""Profiles of real Python programs by the real py-spy."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from chronik_perf.model import MissingProfile, Profile
from chronik_perf.sampling import profilers
from chronik_perf.sut import BrokerProcess
from tests.sampling.program import started

# Starts up, then half the time busy and half asleep; a thread of another name rests all the time.
PROGRAM = """
import json, socket, threading, time
def start_up():
    t0 = time.thread_time()
    while time.thread_time() - t0 < 0.3: pass
def work():
    t0 = time.thread_time()
    while time.thread_time() - t0 < 0.01: pass
def rest():
    time.sleep(0.01)
def wal():
    threading.Event().wait()
def main():
    threading.Thread(target=wal, name="wal", daemon=True).start()
    while True:
        work()
        rest()
start_up()
listener = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
main()
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    """Give a program of a known shape, started as brokers are."""
    with started(PROGRAM, tmp_path) as one:
        yield one


def share(profile: Profile, function: str) -> float:
    """Give the share of samples whose stacks hold the function."""
    return sum(n for stack, n in profile.stacks.items() if f";{function} (" in stack) / profile.samples


def take(pid: int, kind: str, seconds: float = 0.7) -> Profile | MissingProfile:
    with profilers.record(pid, kind) as recording:  # type: ignore[arg-type]
        time.sleep(seconds)
    return recording.profile("base", "raw", stored=1000)


def test_a_cpu_profile_holds_what_is_busy_in_the_window_and_nothing_else(broker: BrokerProcess) -> None:
    """Given a program that works and rests by turns, the CPU profile shows its work, and not its start-up."""
    profile = take(broker.pid, "cpu")
    assert isinstance(profile, Profile)
    assert re.fullmatch(r"py-spy \d[\d.]*", profile.profiler)
    assert share(profile, "work") > 0.7
    assert share(profile, "start_up") == 0
    assert isinstance(profile.cpu_s, float)
    assert 0 < profile.cpu_s < profile.window_s
    assert "MainThread;<module> (program.py);main (program.py);work (program.py)" in profile.stacks
    broker.verify_owner()


def test_a_wall_profile_holds_the_waits_as_well(broker: BrokerProcess) -> None:
    """Given the same program, the wall profile shows its rest and the thread that always waits."""
    profile = take(broker.pid, "wall")
    assert isinstance(profile, Profile)
    assert share(profile, "rest") > 0.1
    assert share(profile, "work") > 0.1
    assert {stack.split(";")[0] for stack in profile.stacks} == {"MainThread", "wal"}


def test_threads_of_one_pool_are_one_thread_of_the_profile(tmp_path: Path) -> None:
    """Given five threads that the runtime numbers, their waits stand together under one name without a number."""
    pool = "    for _ in range(5): threading.Thread(target=wal, daemon=True).start()\n    while True:"
    with started(
        PROGRAM.replace("    while True:\n        work()", f"{pool}\n        work()"), tmp_path
    ) as broker:
        profile = take(broker.pid, "wall")
    assert isinstance(profile, Profile)
    threads = {stack.split(";")[0] for stack in profile.stacks}
    assert threads == {"MainThread", "wal", "Thread-# (wal)"}
    inside = {name: sum(n for s, n in profile.stacks.items() if s.startswith(f"{name};")) for name in threads}
    assert inside["Thread-# (wal)"] == pytest.approx(5 * inside["wal"], rel=0.2)


def test_a_broker_that_has_ended_has_no_profile(broker: BrokerProcess) -> None:
    """Given a broker that is gone, the block still runs, and the profile is missing."""
    pid = broker.pid
    broker.kill()
    ran = False
    with profilers.record(pid, "wall") as recording:
        ran = True
    assert ran
    assert isinstance(recording.profile("base", "raw", 0), MissingProfile)


def test_without_py_spy_the_run_goes_on(broker: BrokerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a machine without py-spy, the reason says so and how to get it."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    missing = take(broker.pid, "cpu", 0)
    assert isinstance(missing, MissingProfile)
    assert missing.reason == "py-spy is not installed (pip install py-spy)"


def py_spy_that(does: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program in the place of py-spy."""
    program = folder / "bin" / "py-spy"
    program.parent.mkdir()
    program.write_text(does)
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))
    return program


def test_a_py_spy_that_does_not_run_costs_the_profile_alone(
    broker: BrokerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a py-spy of another machine, the load goes on and the reason names the file."""
    program = py_spy_that("\x7fELF of another machine", tmp_path, monkeypatch)
    missing = take(broker.pid, "cpu", 0)
    assert isinstance(missing, MissingProfile)
    assert missing.reason.startswith(f"{program} does not run")


@pytest.mark.parametrize(
    ("at_the_end", "says"),
    [
        ("echo half a line > $out; exit 0", "cannot be read"),
        ("trap '' INT; exec sleep 30", "did not write the samples of process"),
    ],
)
def test_samples_that_cannot_be_read_cost_the_profile_alone(
    at_the_end: str, says: str, broker: BrokerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a py-spy that leaves something else, or does not end and is killed, the load goes on and that is said."""
    monkeypatch.setattr("chronik_perf.sampling.profilers.program._END_LIMIT_S", 1.0)
    out = 'while [ "$1" != --output ]; do shift; done; out=$2'
    does = f'[ "$1" = --version ] && echo py-spy 9 && exit; {out}; echo Sampling process; trap "{at_the_end}" INT'
    py_spy_that(f"#!/bin/bash\n{does}; while :; do sleep 0.05; done", tmp_path, monkeypatch)
    missing = take(broker.pid, "cpu", 0.1)
    assert isinstance(missing, MissingProfile)
    assert says in missing.reason


def test_it_runs_on_no_core_of_a_load_where_there_is_another(broker: BrokerProcess) -> None:
    """Given a caller and a broker on a core each, py-spy runs on a third, or else on that of the broker it stops."""
    mine = os.sched_getaffinity(0)
    if len(mine) < 2:
        pytest.skip("this machine has one core")
    its, ours = sorted(mine)[:2]
    os.sched_setaffinity(broker.pid, {its})
    os.sched_setaffinity(0, {ours})
    try:
        with profilers.record(broker.pid, "cpu"):
            (spy,) = (one for one in psutil.Process().children() if one.name() == "py-spy")
            cores = set(spy.cpu_affinity())
    finally:
        os.sched_setaffinity(0, mine)
    assert ours not in cores
    assert cores == {its} or its not in cores


def test_an_error_in_the_window_ends_py_spy(broker: BrokerProcess) -> None:
    """Given a load that fails while it is profiled, its error comes through and py-spy is gone."""
    with pytest.raises(ZeroDivisionError), profilers.record(broker.pid, "cpu"):
        1 / 0  # noqa: B018
    profile = take(broker.pid, "cpu", 0.3)
    assert isinstance(profile, Profile), "a second tracer could not attach if the first still did"
