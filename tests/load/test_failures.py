"""Brokers that die, freeze or were never there: one sentence in bounded time, and no process left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from chronik_perf.load import LoadProcess, create_topic
from chronik_perf.load.own_topic import OwnTopic
from chronik_perf.load.topics import topic_exists
from chronik_perf.model import BadInput, MeasurementFailed, Workload
from tests.load.broker_process import RunningBroker
from tests.load.lying_broker import answering

LOADS = {
    "librdkafka-acks1": {"driver": "librdkafka", "acks": 1},
    "librdkafka-acks0": {"driver": "librdkafka", "acks": 0, "in_flight": 1000},
    "wire-acks1": {"driver": "wire", "acks": 1},
    "wire-acks0": {"driver": "wire", "acks": 0},
    "wire-open": {"driver": "wire", "arrival": "open", "rate_msgs_per_s": 2000.0},
}


@pytest.mark.timeout(60)
def test_a_broker_killed_in_mid_window_fails_the_measurement(
    own_broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """Whatever the load, a broker that dies in a window is MeasurementFailed, and the load process can be stopped."""
    # Given a window of each load in progress
    loads = []
    for name, fields in LOADS.items():
        create_topic(own_broker.bootstrap, name, 1)
        loads.append(LoadProcess.start(workload(name=name, **fields), own_broker.bootstrap, name, None))
    try:
        for load in loads:
            load.begin(20.0, 1 << 40)
        time.sleep(0.2)
        # When the broker dies
        own_broker.kill()
        # Then each window fails, long before it would have ended
        for load in loads:
            with pytest.raises(MeasurementFailed, match=own_broker.bootstrap):
                load.finish()
    finally:
        for load in loads:
            load.stop()
    assert not any(psutil.pid_exists(load.pid) for load in loads)


@pytest.mark.timeout(90)
def test_a_frozen_broker_fails_the_measurement(
    own_broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """A broker that lives and answers nothing is given up after a bounded time."""
    loads = []
    for name, fields in LOADS.items():
        create_topic(own_broker.bootstrap, name, 1)
        loads.append(LoadProcess.start(workload(name=name, **fields), own_broker.bootstrap, name, None))
    try:
        own_broker.freeze()
        for load in loads:
            load.begin(0.05, 1 << 20)
        for load in loads:
            with pytest.raises(MeasurementFailed, match=own_broker.bootstrap):
                load.finish()
    finally:
        for load in loads:
            load.stop()


@pytest.mark.parametrize("driver", ["librdkafka", "wire"])
def test_nobody_listening_is_one_sentence(driver: str, workload: Callable[..., Workload]) -> None:
    """A load for an address where nobody listens says so and names the address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        bootstrap = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(MeasurementFailed, match=f"no broker answers at {bootstrap}: connection refused"):
        LoadProcess.start(workload(driver=driver), bootstrap, "any", None)


@pytest.mark.parametrize("driver", ["librdkafka", "wire"])
def test_an_unknown_topic_is_one_sentence(
    driver: str, broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """A load for a topic that is not there says so, and does not create it."""
    for _ in range(2):
        with pytest.raises(MeasurementFailed, match="has no topic 'nowhere'"):
            LoadProcess.start(workload(driver=driver), broker.bootstrap, "nowhere", None)


def test_a_topic_is_not_made_twice(broker: RunningBroker, topic: str) -> None:
    """Creating a topic that exists is a failure that says so."""
    with pytest.raises(MeasurementFailed, match="topic already exists"):
        create_topic(broker.bootstrap, topic, 1)


def test_a_topic_that_somebody_made_in_the_same_moment_is_not_deleted(
    broker: RunningBroker, topic: str
) -> None:
    """Given a name that was free when it was chosen, and taken when it was to be made, what took it stays."""
    own = OwnTopic(broker.bootstrap, "any", 1, None, topic)
    with pytest.raises(MeasurementFailed, match="topic already exists"):
        own.make()
    assert own.delete() == ""
    assert topic_exists(broker.bootstrap, topic)


def test_what_is_no_host_is_no_address() -> None:
    """Given a name with an empty label, which no resolver takes, it is bad input in one sentence."""
    with pytest.raises(BadInput, match=r"'a\.\.b:9092' is not an address"):
        create_topic("a..b:9092", "any", 1)


def test_more_in_flight_than_librdkafka_queues_by_itself_can_be_given(
    broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """Given as many messages in flight as a queue holds, each delivery sends the next one all the same."""
    load = LoadProcess.start(workload(in_flight=100_000, message_size_bytes=1), broker.bootstrap, topic, None)
    try:
        window = load.run(20.0, 120_000)
    finally:
        load.stop()
    assert (window.sent, window.failed, window.stored) == (120_000, 0, 120_000)


def test_a_stranger_that_speaks_something_else_is_named(workload: Callable[..., Workload]) -> None:
    """What listens and is no broker is told from a broker, in bounded time."""
    with (
        answering(lambda connection: connection.sendall(b"220 mail.example ESMTP ready\r\n")) as stranger,
        pytest.raises(MeasurementFailed, match=f"{stranger} does not speak Kafka's protocol"),
    ):
        LoadProcess.start(workload(), stranger, "any", None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"acks": 7}, "acks .* must be 0, 1 or -1"),
        ({"message_size_bytes": 0}, "message_size_bytes .* at least 1"),
        ({"in_flight": 0}, "in_flight .* at least 1"),
        (
            {"in_flight": 128, "message_size_bytes": 32 << 20},
            "take 4128 MiB; librdkafka's queue holds 2047 MiB",
        ),
        (
            {"driver": "librdkafka", "arrival": "open", "rate_msgs_per_s": 5.0},
            "open loop needs the wire driver",
        ),
        ({"driver": "wire", "arrival": "open"}, "rate above 0"),
        ({"driver": "wire", "arrival": "open", "acks": 0, "rate_msgs_per_s": 5.0}, "acks 1 or all"),
    ],
)
def test_a_load_that_cannot_be_given_is_refused(
    fields: dict[str, object], words: str, workload: Callable[..., Workload]
) -> None:
    """A workload that no driver can give is bad input, before any process is started."""
    with pytest.raises(BadInput, match=words):
        LoadProcess.start(workload(**fields), "127.0.0.1:1", "any", None)


def test_a_killed_toolkit_leaves_no_load_process(broker: RunningBroker, topic: str, tmp_path: Path) -> None:
    """The load process dies with its parent, even in the middle of a window and even by SIGKILL."""
    # Given a parent with a load process in the middle of a long window
    program = tmp_path / "parent.py"
    program.write_text(
        "import sys, time\n"
        "from chronik_perf.load import LoadProcess\n"
        "from chronik_perf.model import Workload\n"
        "w = Workload('w', 'w', 'librdkafka', 1, 100, 4, 0.0, 1, 1.0, 1 << 40)\n"
        f"load = LoadProcess.start(w, {broker.bootstrap!r}, {topic!r}, None)\n"
        "load.begin(60.0, 1 << 40)\n"
        "print(load.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    # When the parent is killed
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    # Then the load process ends too
    gone, _ = psutil.wait_procs([child], timeout=5)
    assert gone


def test_a_load_process_that_dies_is_a_failure_of_the_measurement(
    broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """A load process that somebody kills is named with the signal, and stopping it again is harmless."""
    load = LoadProcess.start(workload(), broker.bootstrap, topic, None)
    load.begin(20.0, 1 << 40)
    os.kill(load.pid, signal.SIGKILL)
    with pytest.raises(MeasurementFailed, match="signal 9"):
        load.finish()
    load.stop()
    load.stop()


def test_load_processes_end_with_what_they_are_forked_from_and_the_next_has_it_anew(
    broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """Given that somebody kills what holds the load's code, its forks end and say so, and the next load runs."""
    load = LoadProcess.start(workload(), broker.bootstrap, topic, None)
    origin = psutil.Process(load.pid).parent()
    assert origin is not None and origin.pid != os.getpid()
    origin.kill()
    with pytest.raises(
        MeasurementFailed, match=r"ended by itself \(with the process that it was forked from\)"
    ):
        load.run(5.0, 1 << 40)
    load.stop()
    again = LoadProcess.start(workload(), broker.bootstrap, topic, None)
    assert again.run(0.05, 1 << 20).stored > 0
    again.stop()
    assert not any(psutil.pid_exists(pid) for pid in (origin.pid, again.pid))
