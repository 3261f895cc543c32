"""Faults of who waits for whom: consumers for messages, and the event loop for consumers."""

from __future__ import annotations

from tests.broker import wire
from tests.broker.conftest import StartBroker
from tests.broker.wire import Wire


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
