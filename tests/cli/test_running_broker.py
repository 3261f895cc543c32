"""Brokers that perf did not start: what is measured of them, what is said of the rest, and what is left on them."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from chronik_perf.load import delete_topic
from chronik_perf.model import Comparison, Unavailable
from chronik_perf.store import load
from tests.cli.programs import children_left, environment, one_sentence
from tests.cli.programs import refused as perf  # in this process, which has imported all that it needs
from tests.load.broker_process import RunningBroker, running_broker
from tests.load.lying_broker import answering, exactly, lying_broker, text
from tests.load.tls_front import certificate, forward, tls_front

# One block and nothing after it: what is asserted is what a run says, not how fast anything was.
SHORT = ("--quick", "--workload", "raw", "--budget", "1s")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two brokers of somebody else's."""

    base: RunningBroker
    candidate: RunningBroker

    @property
    def names(self) -> tuple[str, str]:
        """The two as perf is given them; only the base says where its metrics are."""
        return f"kafka://{self.base.bootstrap}?metrics={self.base.metrics_url}", name(self.candidate)


def name(broker: RunningBroker) -> str:
    return f"kafka://{broker.bootstrap}"


def topics(broker: RunningBroker) -> set[str]:
    return set(AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=10).topics)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two brokers for all tests that leave them alive."""
    with (
        running_broker(tmp_path_factory.mktemp("base")) as base,
        running_broker(tmp_path_factory.mktemp("candidate"), "v2.2.7") as candidate,
    ):
        yield Pair(base, candidate)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run against two running brokers: its folder, and what it printed."""

    folder: Path
    done: subprocess.CompletedProcess[str]

    @property
    def comparison(self) -> Comparison:
        return load(self.folder / "run")


@pytest.fixture(scope="module")
def measured(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Compare the two once."""
    folder = tmp_path_factory.mktemp("measured")
    # Few blocks and time enough for what comes after them.
    few = ("--quick", "--workload", "raw", "--blocks", "4", "--family-error", "0.5")
    done = perf(["compare", *pair.names, *few, "--out", "run"], folder)
    assert done.returncode in (0, 1, 3), done.stderr
    return Measured(folder, done)


def test_what_a_client_sees_is_measured(measured: Measured) -> None:
    """Given two running brokers, what was sent, acknowledged and stored is counted, and response times are recorded."""
    for block in measured.comparison.blocks:
        for start in (block.base, block.candidate):
            assert start.slices
            for s in start.slices:
                assert s.load.sent == s.load.acked == s.load.stored > 0
                assert s.load.response is not None and s.load.response.recorded == s.load.acked


def test_what_only_a_parent_knows_is_unavailable(measured: Measured) -> None:
    """Given brokers that perf did not start, nothing of their processes is a number: the reason stands in its place."""
    comparison = measured.comparison
    reason = Unavailable("perf did not start this broker")
    start = comparison.blocks[0].base
    assert start.slices[0].broker_cpu_s == start.slices[0].quiet_s == start.ready_s == reason
    assert all(start.process[n] == reason for n in ("idle_share", "cpu_s", "rss_bytes", "threads"))
    assert start.seed is None and not start.data_dir and not start.config
    assert comparison.environment.broker_core is None
    assert not comparison.profiles
    assert {m.reason for m in comparison.missing_profiles} == {reason.reason}
    assert comparison.blocks[0].interleaved, "slices alternate although nobody can see whether a broker rests"


def test_metrics_are_read_where_a_url_says(measured: Measured) -> None:
    """Given a metrics URL for the base alone, its counters are those of its slices, and the candidate has none."""
    block = measured.comparison.blocks[0]
    counted = block.base.slices[0]
    assert counted.telemetry["messages"] == counted.load.stored
    assert not block.candidate.slices[0].telemetry
    assert "No metrics of kafka://" in measured.done.stdout.replace("\n   ", "")


def test_the_verdict_says_for_what_it_holds(measured: Measured) -> None:
    """Given processes that were never restarted, terminal, page, summary and JSON say that the interval is theirs."""
    run = measured.folder / "run"
    said = "Each side is one broker process that ran already"
    for shown in (measured.done.stdout, (run / "report.html").read_text(), (run / "summary.md").read_text()):
        assert said in " ".join(shown.split())
        assert "on brokers that ran already" in " ".join(shown.split())
        assert "of fresh starts" not in shown
    verdict = json.loads((run / "verdict.json").read_text())
    assert verdict["findings"][0].startswith(said)
    rows = {row["metric"]: row for row in verdict["rows"]}
    assert rows["throughput"]["role"] == "gate"
    for of_process in ("cpu_per_message", "rss_growth"):
        assert rows[of_process]["role"] == "evidence"
        assert rows[of_process]["effect"] is None
        assert "perf did not start this broker" in rows[of_process]["why"]


def test_a_run_can_be_resumed_and_says_what_it_cannot_know(pair: Pair, measured: Measured) -> None:
    """Given such a run, blocks are added, and that the process may be another by now is said."""
    before = len(measured.comparison.blocks)
    done = perf(["compare", "--resume", "run", "--budget", "1s"], measured.folder)
    assert done.returncode in (0, 1, 3), done.stderr
    assert len(measured.comparison.blocks) > before
    assert "whether it was still the same process" in " ".join(done.stdout.split())
    assert pair.base.process.poll() is None


def test_brokers_are_left_as_they_were(pair: Pair, measured: Measured) -> None:
    """Given finished runs, both brokers still run and hold no topic of ours."""
    assert measured.done.returncode in (0, 1, 3)
    for broker in (pair.base, pair.candidate):
        assert broker.process.poll() is None
        assert not topics(broker)
    assert not children_left(measured.folder)


def test_a_broker_beside_itself_is_an_honest_a_a(pair: Pair, tmp_path: Path) -> None:
    """Given one running broker on both sides and TLS in front, its topics are apart, and no secret is told anywhere."""
    with tls_front(pair.base.bootstrap, certificate(tmp_path)) as front:
        properties = tmp_path / "client.properties"
        properties.write_text("security.protocol=SSL\nssl.ca.location=tls.pem\nssl.key.password=hunter2\n")
        design = ("--quick", "--budget", "1s", "--out", "run")
        secured = ("--client-config", properties.name)
        done = perf(["compare", f"kafka://{front}", f"kafka://{front}", *design, *secured], tmp_path)
        assert done.returncode in (0, 1, 3), done.stderr
    said = " ".join(done.stdout.split())
    assert f"Both sides are the one broker that ran already at {front}" in said
    assert "Workload raw was left out" in said
    assert "security.protocol=SSL" in said
    comparison = load(tmp_path / "run")
    assert [w.name for w in comparison.workloads] == ["acks1"]
    assert comparison.design.client_config["ssl.key.password"] == "[redacted]"
    start = comparison.blocks[0].base
    assert all(s.load.sent == s.load.stored > 0 for s in start.slices)
    assert not topics(pair.base)
    written = [f.read_bytes() for f in (tmp_path / "run").rglob("*") if f.is_file()]
    assert not [told for told in (*written, done.stdout.encode(), done.stderr.encode()) if b"hunter2" in told]
    bare = perf(["compare", "--resume", "run"], tmp_path)
    assert bare.returncode == 2
    assert "give its file again with --client-config" in one_sentence(bare.stderr)
    properties.write_text("security.protocol=PLAINTEXT\n")
    other = perf(["compare", "--resume", "run", "--client-config", properties.name], tmp_path)
    assert other.returncode == 2
    assert "security.protocol" in one_sentence(other.stderr)


def test_one_side_may_be_started(pair: Pair, tmp_path: Path) -> None:
    """Given a running broker and a release, the release is started for each block, and how the two differ is said."""
    done = perf(
        ["compare", "v2.2.0", name(pair.candidate), *SHORT, "--no-profiles", "--out", "run"], tmp_path
    )
    assert done.returncode in (0, 1, 3), done.stderr
    said = " ".join(done.stdout.split())
    assert "is one broker process that ran already, while v2.2.0 was started afresh for each block" in said
    assert "configuration that differs" not in said
    block = load(tmp_path / "run").blocks[0]
    assert isinstance(block.base.ready_s, float) and isinstance(block.candidate.ready_s, Unavailable)
    assert not isinstance(block.base.slices[0].broker_cpu_s, Unavailable)
    assert pair.candidate.process.poll() is None
    assert not topics(pair.candidate)
    assert not children_left(tmp_path)


def failed(tmp_path: Path, base: str, candidate: str, *options: str) -> str:
    """Compare two that cannot be, and give the one sentence; nothing may be left."""
    done = perf(
        ["compare", base, candidate, *SHORT[:1], "--budget", "1s", "--out", "run", *options], tmp_path
    )
    assert done.returncode == 4, done.stderr
    assert not children_left(tmp_path)
    assert not (tmp_path / "run").exists()
    assert "NOT deleted" not in done.stderr
    return one_sentence(done.stderr)


def test_an_address_where_nothing_listens(pair: Pair, tmp_path: Path) -> None:
    """Given a free port for the candidate, it is named, and the base, which answers, is left without topics."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        assert f"nothing answers at {address}" in failed(tmp_path, name(pair.base), f"kafka://{address}")
    assert not topics(pair.base)


def test_a_server_that_speaks_no_kafka(pair: Pair, tmp_path: Path) -> None:
    """Given a web server's answers, the sentence says that this is not Kafka's protocol."""
    with answering(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address:
        assert "does not speak Kafka" in failed(tmp_path, f"kafka://{address}", name(pair.base))
    assert not topics(pair.base)


def test_metrics_that_are_not_where_they_are_said_to_be(pair: Pair, tmp_path: Path) -> None:
    """Given a metrics URL that nothing answers, the run is refused instead of going on without them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/metrics"
        said = failed(tmp_path, f"{name(pair.base)}?metrics={url}", name(pair.candidate))
    assert f"{url} could not be read" in said
    assert not topics(pair.base)


def test_a_broker_that_makes_no_topic(pair: Pair, tmp_path: Path) -> None:
    """Given a broker that knows no CreateTopics, the sentence says so."""
    with lying_broker("perf") as address:
        assert "CreateTopics" in failed(tmp_path, name(pair.base), f"kafka://{address}")
    assert not topics(pair.base)


def test_a_broker_that_speaks_no_tls(pair: Pair, tmp_path: Path) -> None:
    """Given a client configuration for TLS and a broker without, the sentence names the broker and no secret."""
    (tmp_path / "ssl").write_text(
        "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=alice\nsasl.password=hunter2\n"
    )
    said = failed(tmp_path, name(pair.base), name(pair.candidate), "--client-config", "ssl")
    assert pair.base.bootstrap in said or pair.candidate.bootstrap in said
    assert "hunter2" not in said and "NOT deleted" not in said


METADATA, DELETE_TOPICS = 3, 20


@contextlib.contextmanager
def deaf_front(broker: RunningBroker, api_key: int) -> Iterator[str]:
    """Give an address that passes everything on to a broker but requests of one kind, at which it hangs up."""
    host, port = broker.bootstrap.split(":")

    def serve(client: socket.socket) -> None:
        said = text(host) + struct.pack(">i", int(port))
        ours = text(host) + struct.pack(">i", client.getsockname()[1])
        with socket.create_connection((host, int(port))) as behind:
            threading.Thread(target=forward, args=(behind, client, said, ours), daemon=True).start()
            while True:
                size = exactly(client, 4)
                request = exactly(client, *struct.unpack(">i", size))
                if struct.unpack_from(">h", request) == (api_key,):
                    return client.shutdown(socket.SHUT_RDWR)
                behind.sendall(size + request)

    with answering(serve) as address:
        yield address


def test_a_broker_that_wants_to_know_who_asks(pair: Pair, tmp_path: Path) -> None:
    """Given a broker that tells its versions and hangs up, as one with SASL does, --client-config is recommended."""
    with deaf_front(pair.base, METADATA) as address:
        assert "one that wants SASL needs a client configuration (--client-config)" in failed(
            tmp_path, f"kafka://{address}", name(pair.candidate)
        )


def test_a_broker_that_deletes_no_topic_gets_no_second_one(pair: Pair, tmp_path: Path) -> None:
    """Given a broker that hangs up at DeleteTopics, the run ends after a block and names the topic that is left."""
    with deaf_front(pair.base, DELETE_TOPICS) as address:
        done = perf(["compare", f"kafka://{address}", name(pair.candidate), *SHORT, "--out", "run"], tmp_path)
    left = topics(pair.base)
    for topic in left:
        delete_topic(pair.base.bootstrap, topic)
    assert done.returncode == 4, done.stderr
    assert len(left) == 1
    assert f"topic {left.pop()} on kafka://{address} was made for this run and NOT deleted" in done.stderr
    assert not topics(pair.candidate)
    assert not children_left(tmp_path)


def begun(folder: Path, base: RunningBroker, candidate: RunningBroker) -> subprocess.Popen[str]:
    """Start a comparison, and come back when it has its topics on both brokers."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "chronik_perf", "compare", name(base), name(candidate)),
            *("--quick", "--workload", "raw", "--no-profiles", "--out", str(folder / "run")),
        ],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (topics(base) and topics(candidate)):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    return process


def test_ctrl_c_takes_the_topics_along(pair: Pair, tmp_path: Path) -> None:
    """Given Ctrl-C in the middle of a block, the topics are gone from both brokers, which still run."""
    process = begun(tmp_path, pair.base, pair.candidate)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    for broker in (pair.base, pair.candidate):
        assert broker.process.poll() is None
        assert not topics(broker)
    assert not children_left(tmp_path)


def test_a_broker_that_goes_away(
    pair: Pair, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Given a broker that is killed in the middle of a block, it is named, and so is the topic that it still holds."""
    with running_broker(tmp_path_factory.mktemp("dying")) as dying:
        process = begun(tmp_path, pair.base, dying)
        dying.kill()
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 4, stderr
    assert dying.bootstrap in one_sentence(stderr)
    left = [line for line in stderr.splitlines() if "NOT deleted" in line]
    assert len(left) == 1 and "topic perf-raw-" in left[0] and name(dying) in left[0]
    assert not topics(pair.base)
    assert not children_left(tmp_path)
