"""The reference broker under load, seen through every sampler: names fit, and differences show where they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from chronik_perf.model import STAGES, Profile, Provenance, Target
from chronik_perf.sampling import profilers
from chronik_perf.sampling.metric_names import SOURCES
from chronik_perf.sampling.metrics import MetricsSampler
from chronik_perf.sampling.process import ProcessSampler
from chronik_perf.sampling.series import record
from chronik_perf.sut import BrokerProcess

MESSAGES = 120


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], BrokerProcess]]:
    started: list[BrokerProcess] = []

    def begin(version: str) -> BrokerProcess:
        argv = (
            *(sys.executable, "-m", "broker", "start", "--version", version, "--host", "{host}"),
            *("--port", "{port}", "--metrics-port", "{metrics_port}", "--data-dir", "{data_dir}"),
        )
        target = Target(version, argv, "json-line", Provenance("checkout", None, None))
        broker = BrokerProcess.start(
            target, data_dir=tmp_path, core=None, hash_seed=1, log_path=tmp_path / "broker.log"
        )
        started.append(broker)
        return broker

    yield begin
    for broker in started:
        broker.kill()


def produce(broker: BrokerProcess, count: int) -> None:
    """Send one message after the other, each awaited, so that each is a batch of its own."""
    producer = Producer({"bootstrap.servers": f"{broker.host}:{broker.port}", "linger.ms": 0, "acks": 1})
    for _ in range(count):
        producer.produce("a-topic", b"x" * 256)
        assert producer.flush(10) == 0


def test_every_number_that_the_toolkit_knows_is_served(start: Callable[[str], BrokerProcess]) -> None:
    """Given the broker under load, each name of the table has a value, and batches are counted one by one."""
    broker = start("v2.2.0")
    metrics = MetricsSampler(broker.metrics_url)
    before = metrics.sample()
    produce(broker, MESSAGES)
    after = metrics.sample()
    metrics.close()
    assert set(after) == {source.name for source in SOURCES} | {"loop_lag_p99_ms"}
    assert after["batches"] - before["batches"] == MESSAGES
    assert after["messages"] - before["messages"] == MESSAGES
    for name in ("commits", "syncs", "sync_s", "loop_lags", *(f"stage_{stage}_s" for stage in STAGES)):
        assert after[name] > before[name], name
    assert broker.config["wal.worker"] == "notify-or-timer"
    assert broker.stop().note == ""


def test_a_task_for_each_batch_shows_in_the_series(start: Callable[[str], BrokerProcess]) -> None:
    """Given the version that spawns a task per batch, the series shows as many tasks as batches."""
    broker = start("v2.2.7")
    metrics = MetricsSampler(broker.metrics_url)
    with record([ProcessSampler(broker.pid), metrics], interval_s=0.05) as recording:
        produce(broker, MESSAGES)
    series = recording.series("candidate", "one at a time")
    gained = {
        name: sum(
            rate * (later - earlier)
            for rate, earlier, later in zip(column[1:], series.t_s, series.t_s[1:], strict=False)
            if rate is not None
        )
        for name, column in series.values.items()
        if name.endswith("_per_s")
    }
    assert gained["batches_per_s"] == pytest.approx(MESSAGES)
    assert gained["tasks_created_per_s"] >= MESSAGES
    assert series.values["stage_commit_wait_ms"]
    assert series.values["cpu_share"]


def test_a_profile_names_the_brokers_functions(start: Callable[[str], BrokerProcess]) -> None:
    """Given the broker under load, its wall profile has the WAL's thread by name, in files short of any folder."""
    broker = start("v2.2.0")
    with profilers.record(broker.pid, "wall") as recording:
        produce(broker, MESSAGES)
    profile = recording.profile("base", "one at a time", MESSAGES)
    assert isinstance(profile, Profile), profile
    assert any(stack.startswith("wal;") and "(broker/wal/" in stack for stack in profile.stacks)
    assert any(stack.startswith("MainThread;") for stack in profile.stacks)
    assert not any("(/" in stack for stack in profile.stacks)
