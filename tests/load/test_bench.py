"""`perf bench` against a running broker: what it makes, what it leaves, what it refuses and what it says."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chronik_perf.load import LoadProcess, create_topic, log_end_offsets, topic_exists
from chronik_perf.load.bench import bench
from chronik_perf.model import BadInput, MeasurementFailed, Workload
from tests.load.broker_process import RunningBroker
from tests.load.tls_front import certificate, tls_front

PERF = [sys.executable, "-m", "chronik_perf", "bench"]


def test_a_bench_makes_its_topic_and_deletes_it(
    broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """Without a topic given, a new one is loaded and is gone afterwards."""
    result = bench(workload(), broker.bootstrap, 0.1)
    assert result.window.sent == result.window.acked == result.window.stored > 0
    assert result.msgs_per_s == result.window.stored / result.window.window_s
    assert not topic_exists(broker.bootstrap, result.topic)


def test_a_bench_leaves_a_topic_that_was_there(
    broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """A topic of the user's is loaded over its own partitions and kept with what was produced."""
    create_topic(broker.bootstrap, "theirs", 2)
    result = bench(workload(), broker.bootstrap, 0.1, topic="theirs")
    assert result.workload.partitions == 2
    offsets = log_end_offsets(broker.bootstrap, "theirs")
    assert all(offsets.values()) and sum(offsets.values()) > result.window.stored


@pytest.mark.parametrize("client_config", [None, {"security.protocol": "PLAINTEXT"}])
def test_a_bench_refuses_a_topic_that_holds_messages(
    client_config: dict[str, str] | None, broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """A topic with messages in it is somebody's data: it is neither loaded nor deleted."""
    load = LoadProcess.start(workload(), broker.bootstrap, topic, None)
    load.run(0.02, 1 << 20)
    load.stop()
    before = log_end_offsets(broker.bootstrap, topic)
    with pytest.raises(BadInput, match=rf"topic '{topic}' holds \d+ messages"):
        bench(workload(), broker.bootstrap, 0.1, topic=topic, client_config=client_config)
    assert log_end_offsets(broker.bootstrap, topic) == before


@pytest.mark.parametrize("acks", [0, 1])
def test_a_client_configuration_is_used_for_all_questions(
    acks: int, broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """With a client configuration topic, load and offsets go through librdkafka, and its secrets are not shown."""
    config = {"security.protocol": "PLAINTEXT", "sasl.password": "hunter2", "sasl.username": "alice"}
    result = bench(workload(acks=acks, in_flight=1000), broker.bootstrap, 0.1, client_config=config)
    assert result.window.sent == result.window.stored > 0
    assert not topic_exists(broker.bootstrap, result.topic)
    assert "hunter2" not in repr(result)


@pytest.mark.timeout(60)
def test_a_broker_that_does_not_speak_tls_is_one_sentence(
    broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """A client configuration that does not fit the broker fails in bounded time and tells no secret."""
    config = {"security.protocol": "SASL_SSL", "sasl.mechanisms": "PLAIN", "sasl.password": "hunter2"}
    with pytest.raises(MeasurementFailed) as failure:
        bench(workload(), broker.bootstrap, 0.1, client_config={**config, "sasl.username": "alice"})
    assert broker.bootstrap in str(failure.value)
    assert "hunter2" not in str(failure.value)


def test_the_command_says_what_was_sent_acknowledged_and_stored(broker: RunningBroker) -> None:
    """The text names the loop, the counts side by side, percentiles, the window and the generator."""
    done = subprocess.run(
        [*PERF, *("--bootstrap-servers", broker.bootstrap, "--concurrency", "8", "--duration", "100ms")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in ("closed loop, 8 in flight", "sent ", "acknowledged ", "stored ", "p99 ", "generator "):
        assert words in done.stdout


def test_the_command_gives_json(broker: RunningBroker) -> None:
    """The same result can be read by a program: stdout holds one JSON document and nothing else."""
    flags = (
        "--bootstrap-servers",
        broker.bootstrap,
        "--mode",
        "produce",
        "--acks",
        "all",
        "--message-size",
        "64",
    )
    done = subprocess.run(
        [*PERF, *flags, "--duration", "0.1s", "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    document = json.loads(done.stdout)
    assert document["workload"]["acks"] == -1
    assert document["workload"]["message_size_bytes"] == 64
    assert document["window"]["stored"] == document["window"]["sent"]


def test_an_interrupted_command_leaves_nothing(broker: RunningBroker, tmp_path: Path) -> None:
    """Ctrl-C in the middle of a window exits with 130, ends the load process and deletes the topic it made."""
    command = subprocess.Popen(
        [*PERF, "--bootstrap-servers", broker.bootstrap, "--duration", "60s", "--topic", "interrupted"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stderr is not None
    while "measuring" not in (line := command.stderr.readline()):
        assert line, "the command ended before it measured"
    time.sleep(0.2)
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=20)
    assert command.returncode == 130
    assert "Traceback" not in said
    assert not topic_exists(broker.bootstrap, "interrupted")


def test_a_property_that_librdkafka_does_not_know_is_bad_input(
    broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """A client configuration with a mistyped property is refused by its name."""
    with pytest.raises(BadInput, match=r'No such configuration property: "security\.protocoll"'):
        bench(workload(), broker.bootstrap, 0.1, client_config={"security.protocoll": "SSL"})


def test_a_broker_behind_tls_is_loaded_with_a_client_configuration(
    broker: RunningBroker, tmp_path: Path
) -> None:
    """`--client-config` with a certificate authority gives topic, load and offsets over TLS."""
    trusted = certificate(tmp_path)
    config = tmp_path / "client.properties"
    config.write_text(f"security.protocol=SSL\nssl.ca.location={trusted}\n")
    with tls_front(broker.bootstrap, trusted) as address:
        flags = (
            "--bootstrap-servers",
            address,
            "--client-config",
            str(config),
            "--duration",
            "100ms",
            "--json",
        )
        done = subprocess.run([*PERF, *flags], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        assert document["window"]["sent"] == document["window"]["stored"] > 0
        # When the client does not trust the certificate, nothing is measured, and the reason is told
        config.write_text("security.protocol=SSL\n")
        done = subprocess.run([*PERF, *flags], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 4
    assert "certificate verify failed" in done.stderr and "Traceback" not in done.stderr
