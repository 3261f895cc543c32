"""Faults of when and how commits are made: seen in what the broker counts of them, and in what waits."""

from __future__ import annotations

import time

import pytest

from tests.broker import wire
from tests.broker.conftest import Broker, StartBroker
from tests.broker.faults.load import produce, produce_spread
from tests.broker.wire import Wire

COMMIT_WAIT_S = 'chronik_produce_stage_seconds_total{stage="commit_wait"}'


def counted(broker: Broker, batches: int = 100) -> dict[str, float]:
    """What each counter moved while so many batches were in flight together."""
    with Wire(broker.address) as client:
        client.create("counted")
        before = broker.metrics()
        produce(client, "counted", batches)
        after = broker.metrics()
    return {name: value - before.get(name, 0) for name, value in after.items()}


@pytest.mark.parametrize(("strength", "syncs"), [("1", 100), ("0.1", 10)])
def test_sync_per_batch_syncs_more_than_it_commits(
    start_broker: StartBroker, strength: str, syncs: int
) -> None:
    """A hundred batches need as many syncs as the strength says, on top of one at the end of a commit."""
    moved = counted(start_broker(f"fault.sync_per_batch={strength}"))

    commits = moved["chronik_wal_commits_total"]
    assert syncs <= moved["chronik_wal_syncs_total"] <= syncs + commits
    assert commits < 100


@pytest.mark.parametrize(("strength", "most"), [("1", 1), ("0.25", 4)])
def test_batching_lost_makes_small_commits(start_broker: StartBroker, strength: str, most: int) -> None:
    """No commit takes more batches than the strength allows, however many wait."""
    moved = counted(start_broker(f"fault.batching_lost={strength}"))

    assert (
        moved[f'chronik_wal_commit_batches_bucket{{le="{float(most)}"}}']
        == moved["chronik_wal_commits_total"]
    )
    assert moved["chronik_wal_commits_total"] >= 100 / most
    assert moved["chronik_wal_commit_batches_sum"] == 100


def test_two_modes_are_two_kinds_of_starts(start_broker: StartBroker) -> None:
    """Some starts sync once for each commit and some as often as the strength says, and no start does both."""
    seen: set[float] = set()
    for _ in range(30):
        broker = start_broker("fault.two_modes=2")
        with Wire(broker.address) as client:
            client.create("tossed")
            before = broker.metrics()
            for _ in range(10):
                client.produced("tossed", wire.batch())
            after = broker.metrics()
        seen.add(after["chronik_wal_syncs_total"] - before["chronik_wal_syncs_total"])
        broker.kill()
        if len(seen) == 2:
            break

    assert seen == {10, 30}


def test_a_sleep_window_is_waited_for_by_each_batch(start_broker: StartBroker) -> None:
    """Five batches, one after the other, wait for five sleeps."""
    broker = start_broker("fault.sleep_window=20")
    with Wire(broker.address) as client:
        client.create("slept")
        for _ in range(5):
            client.produced("slept", wire.batch())

    assert broker.metrics()[COMMIT_WAIT_S] >= 5 * 0.020


def test_a_minimum_depth_holds_a_lone_batch_up(start_broker: StartBroker) -> None:
    """Ten batches that meet the depth are one commit; a lone one waits for the profile's 10 ms."""
    broker = start_broker("fault.min_depth=10")
    moved = counted(broker, batches=10)
    waited_s = broker.metrics()[COMMIT_WAIT_S]
    with Wire(broker.address) as client:
        client.create("lone")
        client.produced("lone", wire.batch())

    assert moved["chronik_wal_commits_total"] == 1
    assert broker.metrics()[COMMIT_WAIT_S] - waited_s >= 0.010


def test_polling_takes_no_notice(start_broker: StartBroker) -> None:
    """Between two looks what was sent waits in the queue, though the broker answers everything else."""
    broker = start_broker("fault.polling=1000000")
    with Wire(broker.address) as client, Wire(broker.address) as sender:
        client.create("unnoticed")
        sender.send(wire.produce(1, "unnoticed", wire.batch()))
        while broker.metrics()["chronik_produce_batches_total"] == 0:
            pass
        ends = [client.end("unnoticed") for _ in range(100)]

    assert ends == [0] * 100
    assert broker.metrics()["chronik_wal_queued_batches"] == 1


def test_a_drowsy_thread_keeps_a_message_waiting_after_a_pause(start_broker: StartBroker) -> None:
    """Of messages with pauses between them two soon fall into a sleep, and all are stored."""
    broker, late, sent = start_broker("fault.drowsy=200"), 0, 0
    with Wire(broker.address) as client:
        client.create("rested")
        # It never ends without the fault, which the test's time limit tells.
        while late < 2:
            time.sleep(0.3)
            before_s = broker.metrics()[COMMIT_WAIT_S]
            assert client.produced("rested", wire.batch()) == (0, sent)
            late, sent = late + (broker.metrics()[COMMIT_WAIT_S] - before_s > 0.05), sent + 1

        assert [error for error, _ in produce(client, "rested", 100)] == [0] * 100


def test_the_partitions_of_one_request_are_committed_one_by_one(start_broker: StartBroker) -> None:
    """With half the strength every second request for four partitions takes as many commits, each with a note."""
    broker = start_broker("fault.partition_by_partition=0.5")
    notes = broker.data_dir / "wal" / "spread"
    with Wire(broker.address) as client:
        client.create("spread", 4)
        assert produce_spread(client, "spread", 4) == [(0, 0)] * 4
        assert not notes.exists()
        before = broker.metrics()
        assert produce_spread(client, "spread", 4) == [(0, 1)] * 4
        after = broker.metrics()
        assert [client.produced("spread", wire.batch(), partition=3) for _ in range(3)] == [
            (0, n) for n in range(2, 5)
        ]

    assert sorted(notes.read_text().splitlines()) == [f"spread {partition} 2" for partition in range(4)]
    assert after["chronik_wal_commits_total"] - before["chronik_wal_commits_total"] == 4
    assert after["chronik_wal_syncs_total"] - before["chronik_wal_syncs_total"] == 8


def test_a_lock_keeps_turns_apart(start_broker: StartBroker) -> None:
    """Three batches that come while the first commit sleeps would be one commit or two, and are three."""
    # The first is answered after this long; until then all three are to be seen in flight.
    broker = start_broker("fault.sleep_window=2000", "fault.lock=1")
    with Wire(broker.address) as client:
        client.create("locked")
        before = broker.metrics()
        for number in range(3):
            client.send(wire.produce(number, "locked", wire.batch()))
            while broker.metrics()["chronik_requests_in_flight"] <= number:
                pass
        replies = [client.receive()[0] for _ in range(3)]
        after = broker.metrics()

    assert replies == [0, 1, 2]
    for counter in ("chronik_wal_commits_total", "chronik_asyncio_tasks_created_total"):
        assert after[counter] - before[counter] == 3


def test_a_checkpoint_is_synced_before_the_loop_goes_on(start_broker: StartBroker) -> None:
    """When a batch is acknowledged the checkpoint holds its offset; without the fault there is none."""
    plain = start_broker()
    with Wire(plain.address) as client:
        client.create("checked")
        client.produced("checked", wire.batch())
    assert not (plain.data_dir / "wal" / "checkpoint").exists()
    plain.stop()

    broker = start_broker("fault.blocking_sync=1")
    with Wire(broker.address) as client:
        for end in range(2, 6):
            client.produced("checked", wire.batch())
            assert (broker.data_dir / "wal" / "checkpoint").read_text() == f"checked 0 {end}\n"
