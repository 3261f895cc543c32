"""Faults of who waits for whom: consumers for messages, and the event loop for consumers."""

from __future__ import annotations

from tests.broker import wire
from tests.broker.conftest import StartBroker
from tests.broker.wire import Wire

LARGE = wire.batch(value=bytes(1 << 20))
FETCHES = 32


def ask_for_much(client: Wire, topic: str) -> None:
    """Ask for more at once than the kernel keeps for who does not read."""
    client.send(b"".join(wire.fetch(number, topic, 0) for number in range(FETCHES)))


def read_much(client: Wire) -> None:
    """Read all that was asked for: it is there, whole and in order."""
    replies = [client.receive() for _ in range(FETCHES)]
    assert [number for number, _ in replies] == list(range(FETCHES))
    assert all(body.endswith(LARGE[61:]) for _, body in replies)


def test_an_impatient_fetch_is_answered_with_nothing(start_broker: StartBroker) -> None:
    """Of two fetches that would wait for a minute, the second is answered at once, and the first with a message."""
    broker, sent = start_broker("fault.impatient=0.5"), wire.batch()
    with Wire(broker.address) as client, Wire(broker.address) as patient:
        client.create("awaited")
        patient.send(wire.fetch(1, "awaited", 0, max_wait_ms=60_000))
        while broker.metrics()["chronik_requests_in_flight"] == 0:
            pass
        assert client.fetched("awaited", 0, max_wait_ms=60_000) == (0, b"")
        assert not patient.has_something()

        assert client.produced("awaited", sent) == (0, 0)
        assert patient.receive()[1].endswith(sent[8:])


def test_a_client_that_does_not_read_holds_up_others(start_broker: StartBroker) -> None:
    """While large replies are not read another client has no answer, and has it when they are."""
    broker = start_broker("fault.blocking_write=100000000")
    with Wire(broker.address) as stalled, Wire(broker.address) as other:
        stalled.create("large")
        stalled.produced("large", LARGE)
        ask_for_much(stalled, "large")
        # It never ends without the fault, which the test's time limit tells.
        while broker.metrics()["chronik_requests_in_flight"] < FETCHES:
            pass
        other.send(wire.list_offsets(1, "large"))
        assert broker.metrics()["chronik_requests_in_flight"] == FETCHES
        assert not other.has_something()

        read_much(stalled)
        assert other.receive()[0] == 1


def test_what_a_blocking_write_leaves_is_sent_in_order(start_broker: StartBroker) -> None:
    """When its time is up others are served, and who reads at last has everything."""
    broker = start_broker("fault.blocking_write=1")
    with Wire(broker.address) as stalled, Wire(broker.address) as other:
        stalled.create("large")
        stalled.produced("large", LARGE)
        ask_for_much(stalled, "large")
        while not stalled.has_something():
            pass
        assert other.end("large") == 1

        stalled.send(wire.list_offsets(FETCHES, "large"))
        read_much(stalled)
        assert stalled.receive()[0] == FETCHES


def test_a_stop_lets_a_fetch_have_its_time(start_broker: StartBroker) -> None:
    """A consumer that waits when the broker is stopped has an answer with nothing, instead of being hung up on."""
    broker = start_broker("fault.stop_waits=100000000")
    with Wire(broker.address) as client:
        client.create("drained")
        client.send(wire.fetch(1, "drained", 0, max_wait_ms=1000))
        while broker.metrics()["chronik_requests_in_flight"] == 0:
            pass
        assert broker.stop() == 0
        assert client.receive()[0] == 1
        assert client.is_closed()


def test_a_stop_waits_no_longer_than_it_may(start_broker: StartBroker) -> None:
    """With a strength of 10 ms a consumer that would wait for ten hours is hung up on."""
    broker = start_broker("fault.stop_waits=0.01")
    with Wire(broker.address) as client:
        client.create("drained")
        client.send(wire.fetch(1, "drained", 0, max_wait_ms=36_000_000))
        while broker.metrics()["chronik_requests_in_flight"] == 0:
            pass
        assert broker.stop() == 0
        assert client.is_closed()


def test_a_stop_waits_for_nobody_who_is_answered_or_gone(start_broker: StartBroker) -> None:
    """One consumer that would wait for ten hours has its message, another has hung up, and the broker just stops."""
    broker = start_broker("fault.stop_waits=100000000")
    with Wire(broker.address) as client, Wire(broker.address) as answered:
        client.create("drained")
        answered.send(wire.fetch(1, "drained", 0, max_wait_ms=36_000_000))
        with Wire(broker.address) as gone:
            gone.send(wire.fetch(2, "drained", 0, max_wait_ms=36_000_000, min_bytes=1 << 20))
            while broker.metrics()["chronik_requests_in_flight"] < 2:
                pass
        while broker.metrics()["chronik_connections"] > 2:
            pass
        client.produced("drained", wire.batch())
        assert answered.receive()[0] == 1
        assert broker.stop() == 0
