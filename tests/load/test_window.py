"""What a window of load is, on a real broker: nothing in flight at its ends, everything counted."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest

from chronik_perf.load import LoadProcess, create_topic, log_end_offsets
from chronik_perf.model import LoadWindow, Workload
from tests.load.broker_process import RunningBroker

LOADS = [
    pytest.param({"driver": "librdkafka", "acks": 1}, id="librdkafka-acks1"),
    pytest.param({"driver": "librdkafka", "acks": -1}, id="librdkafka-all"),
    pytest.param(
        {"driver": "librdkafka", "acks": 0, "in_flight": 1000, "linger_ms": 5.0}, id="librdkafka-acks0"
    ),
    pytest.param({"driver": "wire", "acks": 1}, id="wire-acks1"),
    pytest.param({"driver": "wire", "acks": 0}, id="wire-acks0"),
    pytest.param(
        {"driver": "wire", "in_flight": 128, "arrival": "open", "rate_msgs_per_s": 2000.0}, id="wire-open"
    ),
]


def run(workload: Workload, bootstrap: str, topic: str, duration_s: float = 0.05) -> LoadWindow:
    """Give one window in a load process of its own."""
    load = LoadProcess.start(workload, bootstrap, topic, None)
    try:
        return load.run(duration_s, workload.slice_bytes)
    finally:
        load.stop()


@pytest.mark.parametrize("fields", LOADS)
def test_sent_acked_and_stored_agree(
    fields: dict[str, object], broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """On a sound broker every message that was sent is acknowledged and stored, and none twice."""
    load = LoadProcess.start(workload(**fields), broker.bootstrap, topic, None)
    try:
        # Given what the log holds once the load is connected
        before = sum(log_end_offsets(broker.bootstrap, topic).values())
        # When two windows follow each other on warm connections
        windows = [load.run(0.05, 1 << 20) for _ in range(2)]
    finally:
        load.stop()
    # Then each window's counts agree, and together they are what the log gained
    for window in windows:
        assert window.sent > 0
        assert window.sent == window.acked == window.stored
        assert window.failed == 0 and window.errors == ()
    gained = sum(log_end_offsets(broker.bootstrap, topic).values()) - before
    assert gained == sum(window.stored for window in windows)


@pytest.mark.parametrize("fields", LOADS)
def test_a_window_of_bursts_counts_them_all_and_no_pause(
    fields: dict[str, object], broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """A window may be given in bursts: all that they sent is counted, and the pauses are no part of its seconds."""
    load = LoadProcess.start(workload(**fields), broker.bootstrap, topic, None)
    try:
        load.open_window()
        for _ in range(3):
            load.burst(0.02, 1 << 20)
            time.sleep(0.1)
        window = load.close_window()
        after = load.run(0.02, 1 << 20)
    finally:
        load.stop()
    assert window.sent == window.acked == window.stored > 0
    assert window.response is None or window.response.recorded == window.acked
    # Two pauses lie between three bursts; what comes after the last is outside of the window.
    assert window.paused_s >= 0.2
    whole_s = (window.last_ack_ns - window.first_send_ns) / 1e9
    assert 0.05 < window.window_s == pytest.approx(whole_s - window.paused_s)
    # And a window in one piece has none.
    assert after.paused_s == 0 and after.sent == after.stored > 0


@pytest.mark.parametrize("fields", LOADS)
def test_a_window_is_bounded_in_bytes(
    fields: dict[str, object], broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """A window that may last long still ends at its bound in bytes."""
    load = LoadProcess.start(workload(**fields), broker.bootstrap, topic, None)
    try:
        window = load.run(30.0, 50 * 100)
    finally:
        load.stop()
    assert window.sent == window.stored == 50


@pytest.mark.parametrize("driver", ["librdkafka", "wire"])
def test_every_acknowledged_message_has_its_latency(
    driver: str, broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """The histogram of a window holds as many latencies as messages were acknowledged, in rising percentiles."""
    window = run(workload(driver=driver), broker.bootstrap, topic)
    assert window.response is not None
    assert window.response.recorded == window.acked
    values = [ms for _, ms in window.response.percentiles]
    assert values == sorted(values)
    assert 0 < window.response.p50_ms <= window.response.p99_ms <= window.response.max_ms


def test_acks_0_has_no_acknowledgement_to_time(
    broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """With acks=0 there is no latency rather than a made-up one."""
    window = run(workload(acks=0, in_flight=1000, linger_ms=5.0), broker.bootstrap, topic)
    assert window.response is None


@pytest.mark.parametrize("driver", ["librdkafka", "wire"])
def test_an_acks_0_window_lasts_until_the_log_has_caught_up(
    driver: str, own_broker: RunningBroker, workload: Callable[..., Workload]
) -> None:
    """Messages that only reached a socket's buffer do not end an acks=0 window."""
    create_topic(own_broker.bootstrap, "late", 1)
    load = LoadProcess.start(
        workload(driver=driver, acks=0, in_flight=100), own_broker.bootstrap, "late", None
    )
    try:
        # Given a broker that stops reading while a window runs, and goes on later
        load.begin(1.0, 100 << 20)
        time.sleep(0.1)
        own_broker.freeze()
        time.sleep(1.5)
        thawed_ns = time.monotonic_ns()
        own_broker.thaw()
        window = load.finish()
    finally:
        load.stop()
    # Then the window ended only after it had gone on, and all is stored
    assert window.last_ack_ns > thawed_ns
    assert window.stored == window.sent


@pytest.mark.parametrize("driver", ["librdkafka", "wire"])
def test_reporting_cannot_stretch_a_window(
    driver: str, broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """A window ends at its last acknowledgement, however late its report is read (incident: 30 s over 35 s)."""
    load = LoadProcess.start(workload(driver=driver), broker.bootstrap, topic, None)
    try:
        begun_ns = time.monotonic_ns()
        load.begin(0.02, 1 << 20)
        # When the reader of the report is busy elsewhere for much longer than the window
        time.sleep(3)
        unread_ns = time.monotonic_ns()
        window = load.finish()
    finally:
        load.stop()
    # Then the stamps lie before the report was read, and the longest response fits between them
    assert begun_ns < window.first_send_ns < window.last_ack_ns < unread_ns
    assert window.response is not None
    assert window.response.max_ms <= window.window_s * 1e3 * 1.001


def test_an_open_loop_counts_from_when_a_message_was_due(
    broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """Where one connection cannot keep up, response times hold the delay of the schedule and service times do not."""
    # Given far more messages due than one request in flight can carry
    crowded = workload(driver="wire", in_flight=1, arrival="open", rate_msgs_per_s=200_000.0)
    window = run(crowded, broker.bootstrap, topic, 0.2)
    # Then each message counts in both, the response is the longer one, and what was never sent is said
    assert window.response is not None and window.service is not None
    assert window.response.recorded == window.service.recorded == window.acked
    assert window.response.p50_ms > 2 * window.service.p50_ms
    assert any("were due and never sent" in words for words in window.errors)


def test_load_spreads_over_partitions(broker: RunningBroker, workload: Callable[..., Workload]) -> None:
    """Both drivers use every partition of a topic, round-robin."""
    for driver in ("librdkafka", "wire"):
        name = f"spread-{driver}"
        create_topic(broker.bootstrap, name, 3)
        window = run(workload(driver=driver, partitions=3), broker.bootstrap, name)
        assert window.stored == window.sent
        assert all(offset > 0 for offset in log_end_offsets(broker.bootstrap, name).values())


def test_the_generators_own_cpu_is_counted(
    broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """A window knows what its generator burned: more than nothing, and no more than the machine has."""
    window = run(workload(), broker.bootstrap, topic)
    assert 0 < window.generator_busy <= psutil.cpu_count()


def test_the_generator_runs_where_it_was_pinned(
    broker: RunningBroker, topic: str, workload: Callable[..., Workload]
) -> None:
    """All threads of a pinned load process stay on the core that was given."""
    core = max(psutil.Process().cpu_affinity() or [0])
    load = LoadProcess.start(workload(), broker.bootstrap, topic, core)
    try:
        threads = [thread.id for thread in psutil.Process(load.pid).threads()]
        assert all(psutil.Process(thread).cpu_affinity() == [core] for thread in threads)
    finally:
        load.stop()
