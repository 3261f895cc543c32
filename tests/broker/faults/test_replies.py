"""Faults of when and in which order replies leave: seen by clients and in what is unanswered."""

from __future__ import annotations

from tests.broker import wire
from tests.broker.conftest import Broker, StartBroker
from tests.broker.wire import Wire


def wait_until_stored(broker: Broker, batches: int) -> None:
    while True:
        metrics = broker.metrics()
        if metrics["chronik_produce_batches_total"] == batches and not metrics["chronik_wal_queued_batches"]:
            return


def test_a_reply_waits_for_its_tick(start_broker: StartBroker) -> None:
    """Before the next tick a batch is stored, and its request is still unanswered."""
    broker = start_broker("fault.fixed_tick=100000000")
    with Wire(broker.address) as client:
        client.create("ticking")
        client.send(wire.produce(1, "ticking", wire.batch()))
        wait_until_stored(broker, 1)

        assert broker.metrics()["chronik_requests_in_flight"] == 1
        assert not client.has_something()


def test_a_tick_lets_all_replies_go(start_broker: StartBroker) -> None:
    """With a tick of 20 ms every request is answered."""
    broker = start_broker("fault.fixed_tick=20")
    with Wire(broker.address) as client:
        client.create("ticking")

        assert [client.produced("ticking", wire.batch()) for _ in range(5)] == [(0, n) for n in range(5)]


def test_a_slow_request_holds_up_other_connections(start_broker: StartBroker) -> None:
    """A batch that is stored stays unanswered while a consumer on another connection waits for one."""
    broker = start_broker("fault.head_of_line=128")
    with Wire(broker.address) as client, Wire(broker.address) as consumer:
        client.create("slow")
        client.create("quick")
        consumer.send(wire.fetch(1, "slow", 0, max_wait_ms=60_000))
        while broker.metrics()["chronik_requests_in_flight"] == 0:
            pass
        client.send(wire.produce(2, "quick", wire.batch()))
        wait_until_stored(broker, 1)

        assert broker.metrics()["chronik_requests_in_flight"] == 2
        assert not client.has_something()

        client.send(wire.produce(3, "slow", wire.batch(), acks=0))

        assert consumer.receive()[0] == 1
        assert client.receive()[0] == 2


def test_a_client_that_is_gone_holds_nobody_up(start_broker: StartBroker) -> None:
    """The one queue of replies goes on when the consumer that it waited for hangs up."""
    broker = start_broker("fault.head_of_line=128")
    with Wire(broker.address) as client:
        client.create("slow")
        client.create("quick")
        with Wire(broker.address) as consumer:
            consumer.send(wire.fetch(1, "slow", 0, max_wait_ms=60_000))
            while broker.metrics()["chronik_requests_in_flight"] == 0:
                pass
        while broker.metrics()["chronik_connections"] > 1:
            pass

        assert client.produced("quick", wire.batch()) == (0, 0)


def test_a_reply_that_is_ready_overtakes(start_broker: StartBroker) -> None:
    """On one connection a question that is answered at once comes back before a fetch that waits."""
    broker = start_broker("fault.completion_order=1")
    with Wire(broker.address) as client:
        client.create("overtaken")
        client.send(wire.fetch(1, "overtaken", 0, max_wait_ms=60_000) + wire.list_offsets(2, "overtaken"))

        assert client.receive()[0] == 2

        client.send(wire.produce(3, "overtaken", wire.batch(), acks=0))

        assert client.receive()[0] == 1


def test_acks_all_waits_after_its_commit_and_acks_1_does_not(start_broker: StartBroker) -> None:
    """Before its time is up a batch with acks=all is stored and unanswered; one with acks=1 has its answer."""
    broker = start_broker("fault.all_acks=100000000")
    with Wire(broker.address) as client, Wire(broker.address) as other:
        client.create("agreed")
        client.send(wire.produce(1, "agreed", wire.batch(), acks=-1))
        wait_until_stored(broker, 1)

        assert other.produced("agreed", wire.batch()) == (0, 1)
        assert not client.has_something()


def test_acks_all_is_answered_when_its_time_is_up(start_broker: StartBroker) -> None:
    """With 20 ms each batch with acks=all has its offset."""
    broker = start_broker("fault.all_acks=20")
    with Wire(broker.address) as client:
        client.create("agreed")

        assert [client.produced("agreed", wire.batch(), acks=-1) for _ in range(3)] == [
            (0, n) for n in range(3)
        ]
