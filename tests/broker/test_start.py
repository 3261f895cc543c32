"""Starting and stopping: the ready line, the configuration, and one clear sentence when it cannot be."""

from __future__ import annotations

import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from broker.config import RELEASES_DIR, load_config, release_names
from tests.broker import wire
from tests.broker.conftest import ROOT, Broker, StartBroker
from tests.broker.wire import Wire


def start(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "broker", "start", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=cwd,
        check=False,
    )


def test_the_ready_line_says_where_and_what(start_broker: StartBroker) -> None:
    """One JSON line names ports, version, process and the configuration with its overrides."""
    broker = start_broker("wal.profile=low", version="v2.2.0")

    ready = broker.ready
    assert ready["event"] == "ready"
    assert ready["version"] == "v2.2.0"
    assert ready["pid"] == broker.process.pid
    assert ready["config"]["wal.profile"] == "low"
    assert ready["config"]["metadata.store"] == "metalog"
    with Wire(broker.address) as client:
        assert client.create("works") == 0
    assert broker.metrics()["chronik_connections"] == 0


def test_the_releases_are_the_incidents(tmp_path: Path) -> None:
    """The four versions differ in metadata store, spawning and worker, and in nothing else."""
    configs = {name: load_config(name, []).flat() for name in release_names()}

    assert set(configs) == {"v2.2.0", "v2.2.7", "v2.2.7-nospawn", "v2.2.8"}
    keys = ("metadata.store", "raft.apply", "wal.worker")
    assert {name: tuple(config[key] for key in keys) for name, config in configs.items()} == {
        "v2.2.0": ("metalog", "in-place", "notify-or-timer"),
        "v2.2.7": ("raft", "spawn", "altered"),
        "v2.2.7-nospawn": ("raft", "in-place", "altered"),
        "v2.2.8": ("raft", "in-place", "notify-or-timer"),
    }
    rest = [{key: value for key, value in c.items() if key not in keys} for c in configs.values()]
    assert all(one == rest[0] for one in rest)
    for name in configs:
        tables = tomllib.loads((RELEASES_DIR / f"{name}.toml").read_text())
        assert isinstance(tables.pop("description"), str)
        assert {f"{table}.{key}" for table, keys in tables.items() for key in keys} == set(configs[name])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--version", "v9"], "known versions are v2.2.0, v2.2.7"),
        (["--set", "wal.speed=9"], "known keys are"),
        (["--set", "wal.profile=fast"], "one of low, medium, high, ultra"),
        (["--set", "wal.min_queue_depth=0"], "a whole number of 1 or more"),
        (["--set", "wal.profile"], "key=value"),
        (["--port", "70000"], "0 to 65535"),
        (["--port", "http"], "0 to 65535"),
        (["--colour", "red"], "unrecognized"),
    ],
)
def test_bad_usage_gets_a_sentence_and_exit_code_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    """One line on stderr says what is wrong, and nothing is left behind."""
    done = start("--data-dir", str(tmp_path / "data"), *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_gets_a_sentence_and_exit_code_4(tmp_path: Path) -> None:
    """The port and the reason are named."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = start("--data-dir", str(tmp_path), "--port", port)

    assert done.returncode == 4
    assert f"port {port}" in done.stderr and "in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("where", ["a-file", "/proc/self/nowhere"])
def test_a_data_directory_that_cannot_be_used_gets_exit_code_4(tmp_path: Path, where: str) -> None:
    """A file in its place, and a file system that takes no directories, are named."""
    (tmp_path / "a-file").write_text("not a directory")

    done = start("--data-dir", str(tmp_path / where), "--port", "0")

    assert done.returncode == 4
    assert f"{where} cannot be written" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_two_brokers_do_not_share_a_data_directory(broker: Broker) -> None:
    """The second one refuses; the first goes on."""
    done = start("--data-dir", str(broker.data_dir), "--port", "0")

    assert done.returncode == 4
    assert "in use by another broker" in done.stderr
    with Wire(broker.address) as client:
        assert client.create("alive") == 0


def test_a_data_directory_belongs_to_its_metadata_store(start_broker: StartBroker) -> None:
    """A version with the other store would find no topics there, so it refuses rather than lose the log."""
    first = start_broker(version="v2.2.0")
    first.stop()

    done = start("--data-dir", str(first.data_dir), "--port", "0", "--version", "v2.2.8")

    assert done.returncode == 4
    assert "written with metadata store metalog" in done.stderr


def test_a_damaged_metadata_log_is_not_guessed_at(start_broker: StartBroker) -> None:
    """Damage before the last event stops the start with a sentence that names the file."""
    broker = start_broker()
    with Wire(broker.address) as client:
        client.create("first")
        client.create("second")
    broker.stop()
    path = broker.data_dir / "metadata" / "events.log"
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)

    done = start("--data-dir", str(broker.data_dir), "--port", "0", "--version", "v2.2.0")

    assert done.returncode == 4
    assert "events.log is damaged at byte 0" in done.stderr


def test_a_torn_metadata_event_is_cut_off(start_broker: StartBroker) -> None:
    """Half an event at the end was never acknowledged, so it goes, and the log takes new ones."""
    first = start_broker()
    with Wire(first.address) as client:
        client.create("kept")
        client.create("torn")
    first.kill()
    path = first.data_dir / "metadata" / "events.log"
    path.write_bytes(path.read_bytes()[:-5])

    second = start_broker()

    with Wire(second.address) as client:
        assert [client.create("kept"), client.create("torn")] == [36, 0]


def test_a_stop_finishes_what_was_queued(broker: Broker) -> None:
    """SIGTERM ends the process with 0 after the last commit, and the next start has its messages."""
    with Wire(broker.address) as client:
        client.create("last")
        client.send(b"".join(wire.produce(n, "last", wire.batch(), acks=0) for n in range(50)))
        client.produced("last", wire.batch())

        assert broker.stop() == 0
        assert client.is_closed()
