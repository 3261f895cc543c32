"""Apache Kafka, a broker that is not ours, fetched and compared by what benchmarks/kafka gives its readers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from chronik_perf.model import Comparison, Start, Unavailable, known
from chronik_perf.store import load
from chronik_perf.sut import BrokerProcess
from chronik_perf.targets import resolve
from tests.cli.programs import children_left, environment, perf
from tests.programs import FROM_ELSEWHERE, need

ROOT = Path(__file__).resolve().parents[2]
FLUSH = "log.flush.interval.messages"
# The first run fetches and builds; everything else is seconds, and a busy machine makes minutes of them.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The repository of two versions that the script makes, with a cache of builds of its own; Maven has its own."""
    need("java")
    need("mvn")
    folder = tmp_path_factory.mktemp("kafka")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        script = ROOT / "benchmarks" / "kafka" / "make-repository.sh"
        subprocess.run([script, folder / "repository"], check=True, timeout=60)
        # Not the build's own command: a build that fails though its artifacts are there is a failure.
        command = ["mvn", "-q", "-B", "-Ptools", "dependency:resolve"]
        fetched = subprocess.run(
            command, cwd=folder / "repository", capture_output=True, text=True, timeout=300, check=False
        )
        if fetched.returncode:
            pytest.skip(f"{FROM_ELSEWHERE}Maven cannot fetch Kafka: {fetched.stdout[-300:]}")
        yield folder / "repository"


def compared(kafka: Path, *words: str) -> tuple[Comparison, str | None]:
    """Compare two versions for a few blocks, with one load; give what was measured and throughput's word, if any."""
    shown = perf(["targets", words[1]], cwd=kafka)
    assert shown.returncode == 0 and "perf.toml" in shown.stdout, shown.stdout + shown.stderr
    out = f"run-{'-'.join(words[:2])}"
    design = ("--quick", "--workload", "acks1", "--no-profiles", "--out", out)
    done = perf(["compare", *words, *design], cwd=kafka, timeout_s=500)
    assert done.returncode in (0, 1, 3), done.stdout + done.stderr
    print(done.stdout)
    rows = json.loads((kafka / out / "verdict.json").read_text())["rows"]
    words_on = {row["metric"]: row["word"] for row in rows}
    assert words_on["unstored"] == "unchanged"
    assert not children_left(kafka.parent)
    return load(kafka / out), words_on["throughput"]


def check(start: Start) -> None:
    """Check what every start must have: all that was acknowledged stored, its CPU and memory seen, its own sockets."""
    assert start.slices
    for s in start.slices:
        assert s.load.sent == s.load.acked == s.load.stored > 0
        assert isinstance(s.broker_cpu_s, Unavailable) or s.broker_cpu_s > 0
        assert not s.telemetry
    assert (known(start.process["rss_bytes"]) or 0) > 100e6  # a JVM, and not the shell that started it
    assert (known(start.process["cpu_s"]) or 0) > 0.5
    assert all(v.reason for v in start.process.values() if isinstance(v, Unavailable))


def version_said(kafka: Path, run: str, side: str) -> str:
    """Give the version that Kafka itself wrote to its log in the first block."""
    found = re.search(r"Kafka version: (\S+)", (kafka / run / "logs" / f"block-01-{side}.log").read_text())
    assert found, f"{side} did not say its version"
    return found[1]


@contextmanager
def running(kafka: Path, folder: Path, overrides: dict[str, str]) -> Iterator[BrokerProcess]:
    target = resolve("4.3.1", overrides, repository=kafka)
    (folder / "data").mkdir(parents=True)
    broker = BrokerProcess.start(
        target, data_dir=folder / "data", core=None, hash_seed=0, log_path=folder / "kafka.log"
    )
    try:
        yield broker
    finally:
        broker.stop()


@pytest.mark.parametrize(("overrides", "value"), [({}, "9223372036854775807"), ({FLUSH: "1"}, "1")])
def test_a_setting_reaches_kafka(kafka: Path, tmp_path: Path, overrides: dict[str, str], value: str) -> None:
    """Given a setting overridden or left, Kafka itself, asked for its configuration, tells that value."""
    with running(kafka, tmp_path, overrides) as broker:
        asked = ConfigResource(ResourceType.BROKER, "1")
        admin = AdminClient({"bootstrap.servers": f"{broker.host}:{broker.port}"})
        told = admin.describe_configs([asked])[asked].result(30)
        assert told[FLUSH].value == value == broker.config[FLUSH]
    assert not children_left(tmp_path)


def test_a_sync_of_each_batch_is_compared_with_the_default(kafka: Path) -> None:
    """Given one version in two configurations, both are Kafka, all is stored, and the sync is never an improvement."""
    comparison, word = compared(kafka, "4.3.1", "4.3.1", "--set-candidate", f"{FLUSH}=1", "--budget", "40s")
    for block in comparison.blocks:
        assert block.base.config[FLUSH] == "9223372036854775807" and block.candidate.config[FLUSH] == "1"
        check(block.base)
        check(block.candidate)
    for side in ("base", "candidate"):
        assert version_said(kafka, "run-4.3.1-4.3.1", side) == "4.3.1"
    # A word takes seven blocks, more than fit here on a busy machine; what a sync cannot do is to make it faster.
    print(f"throughput: {word or 'not judged'} after {len(comparison.blocks)} blocks")
    assert word != "improved"


def test_two_versions_are_compared(kafka: Path) -> None:
    """Given Kafka 3.9.1 and 4.3.1, each side is the version that it is named, and all is stored on both."""
    comparison, word = compared(kafka, "3.9.1", "4.3.1", "--budget", "1s")
    print(f"throughput: {word or 'not judged'} after {len(comparison.blocks)} blocks")
    for block in comparison.blocks:
        check(block.base)
        check(block.candidate)
    assert version_said(kafka, "run-3.9.1-4.3.1", "base") == "3.9.1"
    assert version_said(kafka, "run-3.9.1-4.3.1", "candidate") == "4.3.1"


def test_the_benchmark_of_kafka_itself_runs_beside_perf_bench(kafka: Path, tmp_path: Path) -> None:
    """Given one Kafka, both benchmarks load it in turn, and both medians and the ratios' intervals are told."""
    command = [sys.executable, "-m", "benchmarks.kafka", str(kafka), "--rounds", "2", "--seconds", "1"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(tmp_path) | {"XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"]},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    for name in ("perf bench", "ProducerPerformance"):
        assert re.search(rf"^{name} +median +[\d,]+ msg/s, middle half", done.stdout, re.MULTILINE)
    for of in ("throughput", "the broker's CPU per message"):
        assert re.search(
            rf"^ratio of {of} [\d.]+ \(95%: [\d.]+ to [\d.]+\), 2 pairs", done.stdout, re.MULTILINE
        )
    assert not children_left(tmp_path)
