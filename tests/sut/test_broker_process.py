"""A broker process from outside: started, known to be the one that listens, stopped, and nothing left of it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import psutil
import pytest

from chronik_perf.model import MeasurementFailed, Provenance, Target
from chronik_perf.sut import BrokerProcess
from tests.programs import FROM_ELSEWHERE

PROGRAM = Path(__file__).with_name("program.py")


def target(
    mode: str, ready: Literal["json-line", "port"] = "port", env: dict[str, str] | None = None
) -> Target:
    return Target(
        name=f"broker-{mode}",
        argv=(sys.executable, str(PROGRAM), mode, "--port", "{port}"),
        ready=ready,
        provenance=Provenance("command", None, None),
        env=env or {},
    )


Starter = Callable[..., BrokerProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Start brokers, all ended at the end of the test."""
    started: list[BrokerProcess] = []

    def begin(what: Target, **options: object) -> BrokerProcess:
        arguments: dict[str, object] = {
            "data_dir": tmp_path,
            "core": None,
            "hash_seed": 7,
            "log_path": tmp_path / "broker.log",
        }
        broker = BrokerProcess.start(what, **(arguments | options))  # type: ignore[arg-type]
        started.append(broker)
        return broker

    yield begin
    for broker in started:
        broker.kill()


def connect(broker: BrokerProcess) -> None:
    socket.create_connection((broker.host, broker.port), timeout=5).close()


def refused(broker: BrokerProcess) -> bool:
    try:
        connect(broker)
    except ConnectionRefusedError:
        return True
    return False


def await_failure(broker: BrokerProcess) -> str:
    """Give the sentence with which the check fails, within bounds."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            broker.verify_owner()
        except MeasurementFailed as error:
            return str(error)
        time.sleep(0.005)
    pytest.fail("the check went on passing")


def test_a_started_broker_is_pinned_and_owns_its_port(start: Starter) -> None:
    """Given a broker that opens a port, it is started on its core, and it is the one that listens."""
    core = min(os.sched_getaffinity(0))
    broker = start(target("plain"), core=core)
    broker.verify_owner()
    assert os.sched_getaffinity(broker.pid) == {core}
    assert psutil.Process(broker.pid).net_connections()[0].laddr.port == broker.port
    assert broker.ready_s > 0


def test_a_ready_line_tells_ports_and_configuration(start: Starter, tmp_path: Path) -> None:
    """Given a broker that prints a line of JSON among its logs, port and flat configuration are read from it."""
    broker = start(target("tells", ready="json-line"))
    assert not refused(broker)
    assert broker.metrics_port is None
    assert broker.config == {"wal.profile": "low", "raft.sync": "true"}


def test_a_broker_is_not_ready_before_its_log_says_so(start: Starter) -> None:
    """Given one that opens its port before it is ready, it is waited for the line of its log that says so."""
    what = dataclasses.replace(target("says-it-is-ready"), ready_line=r"ready in \d+ ms$")
    assert "ready in 12 ms" in start(what).log_path.read_text()


def test_a_ready_line_that_never_comes_is_said(start: Starter, tmp_path: Path) -> None:
    """Given a broker that serves and never says that it is ready, the failure names what was waited for."""
    what = dataclasses.replace(target("plain"), ready_line="ready in")
    with pytest.raises(MeasurementFailed, match="no line of its log matches its ready_line 'ready in'"):
        start(what, ready_timeout_s=5)
    assert not [p for p in psutil.Process().children(recursive=True) if "plain" in p.cmdline()]


def test_metrics_are_where_the_target_says(start: Starter) -> None:
    """Given a page of its own path, or one at the port for messages, the address is filled in; without any, none."""
    at_port = dataclasses.replace(target("plain"), metrics_url="http://{host}:{port}/q/metrics")
    broker = start(at_port)
    assert broker.metrics_url == f"http://127.0.0.1:{broker.port}/q/metrics"
    assert start(target("plain")).metrics_url is None


def test_stray_variables_do_not_reach_the_broker(
    start: Starter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given variables in the caller's environment, the broker sees only the target's, the seed and the recorded few."""
    monkeypatch.setenv("CHRONIK_WAL_PROFILE", "high")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    broker = start(target("tells", ready="json-line", env={"WANTED": "yes"}), hash_seed=99)
    line = next(x for x in broker.log_path.read_text().splitlines() if x.startswith("{"))
    seen = json.loads(line)["environment"]
    assert seen["WANTED"] == "yes"
    assert seen["PYTHONHASHSEED"] == "99"
    assert "CHRONIK_WAL_PROFILE" not in seen
    assert "PYTHONPATH" not in seen
    assert set(seen) - {"LC_CTYPE"} == set(broker.environment)  # LC_CTYPE is Python's own doing (PEP 538)


def test_the_broker_behind_a_wrapper_is_the_one_that_listens(start: Starter) -> None:
    """Given a command that starts the broker as its child, the pid is the broker's, and stopping ends both."""
    broker = start(target("behind-a-wrapper"))
    wrapper = psutil.Process(broker.pid).ppid()
    assert str(PROGRAM) in " ".join(psutil.Process(wrapper).cmdline())
    broker.stop()
    assert not psutil.pid_exists(broker.pid)
    assert not psutil.pid_exists(wrapper)


@pytest.mark.parametrize("ready", ["port", "json-line"])
def test_a_broker_that_dies_at_start_is_quoted(start: Starter, ready: Literal["port", "json-line"]) -> None:
    """Given a broker that exits before it serves, the sentence has its exit code and its last words."""
    with pytest.raises(
        MeasurementFailed, match=r'exit code 3 before it was ready .*"config says: no such cheese"'
    ):
        start(target("dies-at-start", ready=ready))


def test_a_broker_that_refuses_its_flags_is_quoted_from_the_first_line_on(start: Starter) -> None:
    """Given a broker that tells which flag it does not know and then how it is used, the sentence has the flag."""
    with pytest.raises(MeasurementFailed) as failed:
        start(target("refuses-its-flags"))
    assert "exit code 2 before it was ready" in str(failed.value)
    assert '"flag provided but not defined: -port"; last line: "--flag-1999 VALUE"' in str(failed.value)


def test_a_traceback_is_quoted_by_its_error_alone(start: Starter) -> None:
    """Given a broker in Python that dies of an exception at its start, the head of the traceback is left out."""
    with pytest.raises(
        MeasurementFailed, match=r'\(last line of .*: "ZeroDivisionError: division by zero"\)'
    ):
        start(dataclasses.replace(target("plain"), argv=(sys.executable, "-c", "1 / 0")))


def test_a_program_that_is_not_there_is_named(start: Starter) -> None:
    """Given a command that cannot be executed, the sentence names it and says why."""
    what = Target("lost", ("/nowhere/broker",), "port", Provenance("command", None, None))
    with pytest.raises(MeasurementFailed, match="cannot run /nowhere/broker: No such file"):
        start(what)


def test_a_broker_that_is_never_ready_is_given_up(start: Starter, tmp_path: Path) -> None:
    """Given a broker that opens no port, waiting ends in time and nothing of it is left."""
    with pytest.raises(MeasurementFailed, match=r"was not ready within 0.3 s"):
        start(target("never-ready"), ready_timeout_s=0.3)
    assert not children_of_this_test()


def children_of_this_test() -> list[psutil.Process]:
    """Give what runs of these tests' program; the whole suite has children of its own, such as a browser."""
    living = [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
    return [p for p in living if "program.py" in str(p.cmdline())]


def test_a_broker_that_dies_under_load_is_named_with_its_signal(start: Starter) -> None:
    """Given a broker that is killed after it was ready, the next check says by what, and quotes its log."""
    broker = start(target("dies-when-connected-twice"))
    connect(broker)
    assert "broker-dies-when-connected-twice ended with exit code 9" in await_failure(broker)


def test_a_broker_killed_behind_its_wrapper_is_noticed(start: Starter) -> None:
    """Given a wrapper that outlives its broker, the check fails though the started process still runs."""
    broker = start(target("behind-a-wrapper"))
    os.kill(broker.pid, signal.SIGKILL)
    assert "ended" in await_failure(broker)


def test_a_broker_that_no_longer_listens_is_noticed(start: Starter) -> None:
    """Given a broker that closed its port and lives on, the check says that nothing listens there."""
    broker = start(target("stops-listening"))
    connect(broker)
    assert f"nothing listens on its port {broker.port}" in await_failure(broker)


def test_a_stranger_on_the_port_is_named(start: Starter) -> None:
    """Given another process that takes over the port, the check names its pid and command."""
    broker = start(target("stops-listening"))
    connect(broker)
    await_failure(broker)
    stranger = subprocess.Popen([sys.executable, str(PROGRAM), "plain", "--port", str(broker.port)])
    try:
        deadline = time.monotonic() + 5
        while refused(broker) and time.monotonic() < deadline:
            time.sleep(0.01)
        sentence = await_failure(broker)
        assert f"port {broker.port} does not belong to broker-stops-listening" in sentence
        assert f"process {stranger.pid} (" in sentence
    finally:
        stranger.kill()
        stranger.wait()


def test_a_stranger_that_shares_the_port_is_named(start: Starter, tmp_path: Path) -> None:
    """Given a stranger who listens beside the broker by SO_REUSEPORT and so gets some of its clients, it is found."""
    script = (
        "import socket, sys, time\n"
        "s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)\n"
        "s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen()\n"
        "print('listening', flush=True)\n"
        "time.sleep(60)\n"
    )
    argv = (sys.executable, "-c", script, "{port}")
    broker = start(Target("sharing", argv, "port", Provenance("command", None, None)))
    stranger = subprocess.Popen([sys.executable, "-c", script, str(broker.port)], stdout=subprocess.PIPE)
    try:
        assert stranger.stdout is not None
        stranger.stdout.readline()
        with pytest.raises(MeasurementFailed, match=f"process {stranger.pid} "):
            broker.verify_owner()
    finally:
        stranger.kill()
        stranger.communicate()


def test_a_port_that_is_taken_names_who_has_it(start: Starter) -> None:
    """Given a broker whose fixed port is taken, the start fails with the broker's words and the stranger's name."""
    stranger = subprocess.Popen(
        [sys.executable, str(PROGRAM), "tells"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert stranger.stdout is not None
        port = json.loads(stranger.stdout.readline())["port"]
        argv = (sys.executable, str(PROGRAM), "plain", "--port", str(port))
        with pytest.raises(MeasurementFailed, match="Address already in use"):
            start(Target("fixed", argv, "json-line", Provenance("command", None, None)))
    finally:
        stranger.kill()
        stranger.communicate()


def test_who_had_the_port_for_a_moment_before_the_broker_is_not_taken_for_it(start: Starter) -> None:
    """Given a port that another program opens and closes while the broker is loading, the broker is waited for."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        what = dataclasses.replace(target("comes-late"), fixed_port=stranger.getsockname()[1])
        brief = threading.Thread(target=lambda: (stranger.accept(), stranger.close()))
        brief.start()
        broker = start(what)
        brief.join()
    broker.verify_owner()
    assert not refused(broker)


def test_a_broker_gets_no_port_that_the_kernel_gives_to_others(start: Starter) -> None:
    """Given a broker told its port, that is below those which a connection or a server that asks for any is given."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    if lowest < 30_000:
        pytest.skip(f"{FROM_ELSEWHERE}here the kernel gives nearly all ports")
    assert 1024 < start(target("plain")).port < lowest


def test_stopping_asks_first_and_leaves_nothing(start: Starter) -> None:
    """Given a broker that obeys SIGTERM, it is not killed, nobody listens, and a second stop says the same."""
    broker = start(target("plain"))
    outcome = broker.stop()
    assert (outcome.killed, outcome.note, outcome.exit_code) == (False, "", -signal.SIGTERM)
    assert refused(broker)
    assert broker.stop() is outcome


def test_a_broker_that_ignores_sigterm_is_killed_and_named(start: Starter) -> None:
    """Given a broker that ignores SIGTERM, it is killed after the grace period and the outcome says so."""
    broker = start(target("ignores-term"))
    outcome = broker.stop(grace_s=0.2)
    assert outcome.killed
    assert outcome.note == "did not stop within 0.2 s of SIGTERM and was killed"
    assert refused(broker)
    assert not psutil.pid_exists(broker.pid)


def test_a_broker_that_had_died_is_noted_when_it_is_stopped(start: Starter) -> None:
    """Given a broker that died by itself, stopping it says that it had ended before."""
    broker = start(target("dies-when-connected-twice"))
    connect(broker)
    await_failure(broker)
    assert broker.stop().note == "ended with exit code 9 before it was asked to stop"


def test_a_daemon_that_a_broker_left_behind_is_ended_with_it(start: Starter) -> None:
    """Given a broker that forked a process into a session of its own, stopping the broker ends that one too."""
    broker = start(target("leaves-a-daemon"))
    daemon = [p for p in children_of_this_test() if p.pid != broker.pid]
    daemon = [p for p in daemon if "leash.py" not in str(p.cmdline())]
    assert len(daemon) == 1
    broker.stop()
    assert not daemon[0].is_running()


TOOLKIT = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, {root!r})
from chronik_perf.sut import BrokerProcess
from tests.programs import FROM_ELSEWHERE
from chronik_perf.model import Provenance, Target
def begin():
    what = Target("b", (sys.executable, {program!r}, "{mode}", "--port", "{{port}}"), "port",
                  Provenance("command", None, None))
    broker = BrokerProcess.start(what, data_dir=Path({folder!r}), core=None, hash_seed=1,
                                 log_path=Path({folder!r}) / "b.log", wrap={wrap!r})
    print(broker.pid, broker.port, flush=True)
thread = threading.Thread(target=begin)
thread.start(); thread.join()
time.sleep(0.3)
print("still", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("mode", "wrap"),
    [
        ("plain", ()),
        ("behind-a-wrapper", ()),
        ("ignores-term", ()),
        ("plain", ("sh", "-c", '"$@"; true', "sh")),
    ],
)
def test_a_killed_toolkit_takes_its_brokers_with_it(mode: str, wrap: tuple[str, ...], tmp_path: Path) -> None:
    """Given a toolkit killed by SIGKILL, its broker dies, also behind a wrapper; not when a mere thread ends."""
    program = TOOLKIT.format(
        root=str(Path(__file__).parents[2]), program=str(PROGRAM), folder=str(tmp_path), mode=mode, wrap=wrap
    )
    toolkit = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert toolkit.stdout is not None
    pid, port = map(int, toolkit.stdout.readline().split())
    broker = psutil.Process(pid)
    family = [broker, *broker.parents()[: broker.parents().index(psutil.Process(toolkit.pid))]]
    assert toolkit.stdout.readline() == "still\n"
    assert broker.is_running(), "the thread that started it has ended, which must not end the broker"
    toolkit.kill()
    toolkit.communicate()
    _, left = psutil.wait_procs(family, timeout=5)
    assert not left
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
