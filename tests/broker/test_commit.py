"""Group commit, back-pressure and what telemetry says of them."""

from __future__ import annotations

import shutil
import threading
import time

import pytest

from tests.broker import wire
from tests.broker.conftest import Broker, StartBroker
from tests.broker.test_storage import strace
from tests.broker.wire import Wire

STAGES = ("decode", "metadata", "append", "commit_wait", "reply")


def commit_counts(broker: Broker) -> dict[str, float]:
    return {name: value for name, value in broker.metrics().items() if "{" not in name}


def test_what_arrives_during_a_sync_is_committed_together(broker: Broker) -> None:
    """Many pipelined batches need far fewer commits, one sync each, and none is lost."""
    with Wire(broker.address) as client:
        client.create("grouped")
        client.send(b"".join(wire.produce(number, "grouped", wire.batch()) for number in range(1000)))
        offsets = [wire.produce_result(client.receive()[1], "grouped") for _ in range(1000)]

    counts = commit_counts(broker)
    assert offsets == [(0, number) for number in range(1000)]
    assert counts["chronik_produce_batches_total"] == 1000
    assert counts["chronik_wal_commit_batches_sum"] == 1000
    assert counts["chronik_wal_commits_total"] == counts["chronik_wal_syncs_total"] < 500


def test_each_partition_touched_is_synced_once(broker: Broker) -> None:
    """One request to three partitions is acknowledged as a whole and syncs three files."""
    with Wire(broker.address) as client:
        client.create("three", 3)
        records = wire.batch()
        body = b"\xff\xff\x00\x01\x00\x00\x75\x30\x00\x00\x00\x01" + wire.text("three") + b"\0\0\0\x03"
        for partition in range(3):
            body += partition.to_bytes(4, "big") + len(records).to_bytes(4, "big") + records
        reply = client.ask(wire.frame(wire.PRODUCE, 7, 1, body))

        assert [client.end("three", partition) for partition in range(3)] == [1, 1, 1]

    assert reply[4 + 2 + 5 : 4 + 2 + 5 + 4] == b"\0\0\0\x03"
    counts = commit_counts(broker)
    assert counts["chronik_wal_syncs_total"] == 3
    assert counts["chronik_wal_commits_total"] == 1


def test_the_altered_worker_waits_for_depth_or_its_timer(start_broker: StartBroker) -> None:
    """With a depth that is met one commit takes all; below it each lone batch waits its 10 ms."""
    broker = start_broker("wal.worker=altered", "wal.min_queue_depth=10", "wal.commit_sleep_ms=0")
    with Wire(broker.address) as client:
        client.create("deep")
        client.send(b"".join(wire.produce(number, "deep", wire.batch()) for number in range(10)))
        for _ in range(10):
            client.receive()
        met = broker.metrics()
        client.produced("deep", wire.batch())

    waited_s = 'chronik_produce_stage_seconds_total{stage="commit_wait"}'
    assert met["chronik_wal_commits_total"] == 1
    assert broker.metrics()[waited_s] - met[waited_s] >= 0.010


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_full_queue_stops_the_reading(start_broker: StartBroker) -> None:
    """While syncs are slow the queue stays near its bound, and every batch is stored in the end."""
    broker = start_broker("wal.queue_max_bytes=100000", under=strace("fdatasync:delay_enter=20000:when=4+"))
    batch = wire.batch(value=bytes(10_000))
    requests = b"".join(wire.produce(number, "pressed", batch, acks=0) for number in range(50))
    seen = threading.Event()
    sent: list[int] = []

    def press() -> None:
        # On a busy machine everything may be stored before this test is on a core again, so there is always more.
        while len(sent) < 12 or (not seen.is_set() and len(sent) < 1000):
            sender.send(requests)
            sent.append(50)

    with Wire(broker.address) as client, Wire(broker.address) as sender:
        client.create("pressed")
        sending = threading.Thread(target=press)
        sending.start()
        highest = 0.0
        while sending.is_alive() or client.end("pressed") < sum(sent):
            highest = max(highest, broker.metrics()["chronik_wal_queued_bytes"])
            if highest:
                seen.set()
        sending.join()

    # The bound, and what one turn of the event loop had read already when it was reached.
    assert 0 < highest <= 100_000 + 1024 * 1024 + 2 * 256 * 1024
    assert broker.metrics()["chronik_wal_queued_bytes"] == 0


def test_a_client_that_reads_no_replies_is_not_read_either(start_broker: StartBroker) -> None:
    """Requests beyond network.max_in_flight_requests wait in the socket and are all answered in the end."""
    broker = start_broker("network.max_in_flight_requests=5", "wal.worker=altered")
    with Wire(broker.address) as client:
        client.create("patient")
        client.send(b"".join(wire.produce(number, "patient", wire.batch()) for number in range(400)))

        assert [client.receive()[0] for _ in range(400)] == list(range(400))


def test_the_stages_of_a_produce_add_up(broker: Broker) -> None:
    """Each stage counts every batch, takes some time, and all together stay below what the client saw."""
    with Wire(broker.address) as client:
        client.create("staged")
        for _ in range(50):
            client.produced("staged", wire.batch())

    metrics = broker.metrics()
    assert [metrics[f'chronik_produce_stage_batches_total{{stage="{s}"}}'] for s in STAGES] == [50] * 5
    assert all(metrics[f'chronik_produce_stage_seconds_total{{stage="{s}"}}'] > 0 for s in STAGES)


def test_the_reply_stage_lasts_until_the_reply_leaves(broker: Broker) -> None:
    """A batch that is synced while a fetch before it on its connection still waits is in the reply stage so long."""
    stage = 'chronik_produce_stage_{}_total{{stage="reply"}}'.format
    with Wire(broker.address) as client, Wire(broker.address) as other:
        client.create("behind")
        client.create("empty")
        client.send(wire.fetch(1, "empty", 0, max_wait_ms=60_000))
        client.send(wire.produce(2, "behind", wire.batch()))
        while other.end("behind") < 1:
            pass
        waiting = broker.metrics()
        time.sleep(0.2)
        other.produced("empty", wire.batch())
        assert [client.receive()[0], client.receive()[0]] == [1, 2]

    gone = broker.metrics()
    assert waiting.get(stage("batches"), 0) == 0
    assert gone[stage("batches")] == 2
    assert gone[stage("seconds")] >= 0.2


def test_telemetry_counts_what_happened(broker: Broker) -> None:
    """Connections, messages, bytes, tasks and the loop's lag are what the load made them."""
    with Wire(broker.address) as client, Wire(broker.address) as second:
        client.create("counted")
        before = broker.metrics()
        records = wire.batch(7)
        for _ in range(20):
            second.produced("counted", records)
        after = broker.metrics()

    assert after["chronik_connections"] == 2
    assert after["chronik_produce_messages_total"] == 140
    assert after["chronik_produce_bytes_total"] == 20 * (len(records) - 12)
    assert after["chronik_requests_in_flight"] == 0
    # No task is spawned for a produce: that is what the spawning store is compared with.
    assert after["chronik_asyncio_tasks_created_total"] == before["chronik_asyncio_tasks_created_total"]
    assert after["chronik_asyncio_tasks_alive"] == before["chronik_asyncio_tasks_alive"]
    assert after["chronik_event_loop_lag_seconds_count"] > 0


def test_telemetry_can_be_switched_off(start_broker: StartBroker) -> None:
    """Then there is no metrics port, and the broker works all the same."""
    broker = start_broker("telemetry.enabled=false")

    assert broker.ready["metrics_port"] is None
    with Wire(broker.address) as client:
        client.create("quiet")
        assert client.produced("quiet", wire.batch()) == (0, 0)
