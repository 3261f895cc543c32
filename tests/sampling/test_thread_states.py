"""Where threads wait, of a real program whose threads each wait in a way of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chronik_perf.model import Unavailable, Waits
from chronik_perf.sampling import profilers
from chronik_perf.sampling.thread_states import ThreadStates
from chronik_perf.sut import BrokerProcess
from tests.sampling.program import started

PROGRAM = """
import json, os, queue, select, socket, threading, time
def sleeper():
    while True: time.sleep(0.2)
def getter(): queue.Queue().get()
def locker():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
def poller(): select.epoll().poll()
def reader(): os.read(os.pipe()[0], 1)
for what in (sleeper, getter, locker, poller, reader):
    threading.Thread(target=what, name=what.__name__, daemon=True).start()
listener = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
while True: pass
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[BrokerProcess]:
    """Give the program, started as brokers are."""
    with started(PROGRAM, tmp_path) as one:
        yield one


def mostly(waits: Waits, thread: str) -> str:
    """Give the kind in which a thread was seen most often."""
    seen = {k.rpartition(";")[2]: n for k, n in waits.seen.items() if k.startswith(f"{thread};")}
    return max(seen, key=lambda kind: seen[kind])


def test_where_each_thread_waits_is_told_by_the_name_that_its_profiler_knows(broker: BrokerProcess) -> None:
    """Given threads that sleep, wait for a queue or lock, events and data, each is told apart; the busy one works."""
    with profilers.record(broker.pid, "wall") as recording:
        time.sleep(0.3)
    states = ThreadStates(broker.pid)
    with states.watched():
        time.sleep(1.0)
    waits = states.by_name(recording.thread_names, stored=1000)
    assert isinstance(waits, Waits)
    assert {t: mostly(waits, t) for t in ("sleeper", "getter", "locker", "poller", "reader")} == {
        "sleeper": "sleep",
        "getter": "lock or queue",
        "locker": "lock or queue",
        "poller": "event loop idle",
        "reader": "file or socket",
    }
    assert mostly(waits, "MainThread") == "runs"
    assert (waits.stored, sum(waits.seen.values())) == (1000, 6 * waits.looks)
    assert waits.window_s >= 1.0


def until_all_threads_are(pid: int, state: str) -> None:
    """Wait until the kernel has every thread of a process in this state."""
    deadline = time.monotonic() + 60
    while True:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        if all((task / "stat").read_text().rpartition(")")[2].split()[0] == state for task in tasks):
            return
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_wait_that_was_interrupted_and_goes_on_is_still_what_it_was(tmp_path: Path) -> None:
    """Given timed waits that a stop has interrupted, as a profiler's do, each keeps its kind though its call is new."""
    program = (
        "import queue, select, threading, time\n"
        "threading.Thread(target=lambda: queue.Queue().get(timeout=60), daemon=True).start()\n"
        "print(flush=True)\n"
        "select.poll().poll(60000)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE) as one:
        try:
            assert one.stdout is not None and one.stdout.readline()
            until_all_threads_are(one.pid, "S")
            one.send_signal(signal.SIGSTOP)
            until_all_threads_are(one.pid, "T")
            one.send_signal(signal.SIGCONT)
            until_all_threads_are(one.pid, "S")
            states = ThreadStates(one.pid)
            with states.watched():
                time.sleep(0.5)
            waits = states.by_name({}, stored=0)
        finally:
            one.kill()
    assert isinstance(waits, Waits)
    assert {key.rpartition(";")[2] for key in waits.seen} == {"event loop idle", "lock or queue"}


def test_waiting_for_the_disk_is_told_without_a_profiler(tmp_path: Path) -> None:
    """Given a program that does nothing but sync, it is seen in its sync and at work, under the kernel's own name."""
    program = (
        "import os\nfd = os.open('f', os.O_CREAT | os.O_WRONLY)\n"
        "while True:\n    os.pwrite(fd, b'x' * 4096, 0)\n    os.fsync(fd)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path) as one:
        try:
            time.sleep(0.3)  # past its start-up, which reads files
            states = ThreadStates(one.pid)
            with states.watched():
                time.sleep(1.0)
            waits = states.by_name({}, stored=0)
        finally:
            one.kill()
    assert isinstance(waits, Waits)
    assert {key.partition(";")[0].rstrip("0123456789.") for key in waits.seen} == {"python"}
    # on a disk in memory a sync is work, for nothing waits
    in_sync_or_at_work = sum(n for key, n in waits.seen.items() if key.endswith((";sync", ";runs")))
    assert in_sync_or_at_work > 0.8 * sum(waits.seen.values())


def test_a_process_that_has_ended_waits_nowhere(broker: BrokerProcess) -> None:
    """Given a process that is gone, there is no row and no error, but the reason."""
    broker.kill()
    states = ThreadStates(broker.pid)
    with states.watched():
        time.sleep(0.05)
    waits = states.by_name({}, stored=0)
    assert isinstance(waits, Unavailable) and "no thread" in waits.reason
