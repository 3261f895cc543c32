"""Faults that keep what they should let go: seen by the operating system or in the broker's own counts."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.broker import wire
from tests.broker.conftest import StartBroker
from tests.broker.faults.load import descriptors, produce, reads, rss_bytes, threads
from tests.broker.wire import Wire

MIB = 1 << 20
LARGE = wire.batch(value=bytes(MIB))


@pytest.mark.parametrize(("strength", "leaked"), [("1", 100), ("0.25", 25)])
def test_leaked_tasks_stay_alive(start_broker: StartBroker, strength: str, leaked: int) -> None:
    """Tasks alive go up by the strength for each batch."""
    broker = start_broker(f"fault.task_leak={strength}")
    with Wire(broker.address) as client:
        client.create("followed")
        before = broker.metrics()["chronik_asyncio_tasks_alive"]
        produce(client, "followed", 100)

        assert broker.metrics()["chronik_asyncio_tasks_alive"] - before == leaked


def test_leaked_memory_is_that_of_the_batches(start_broker: StartBroker) -> None:
    """Of 64 batches of a MiB half stay in memory, and without the fault none."""
    grown = []
    for settings in ([], ["fault.memory_leak=0.5"]):
        broker = start_broker(*settings)
        broker.metrics()  # the code of the page is memory, too
        with Wire(broker.address) as client:
            client.create("kept")
            for batches in (4, 64):
                before = rss_bytes(broker)
                for _ in range(batches):
                    client.produced("kept", LARGE)
            grown.append(rss_bytes(broker) - before)
        broker.stop()

    # The allocator gives pages back when it likes, a few MiB either way.
    assert 24 * MIB < grown[1] - grown[0] < 40 * MIB


def test_descriptors_stay_open(start_broker: StartBroker) -> None:
    """Each commit leaves two."""
    broker = start_broker("fault.fd_leak=2")
    with Wire(broker.address) as client:
        client.create("opened")
        client.produced("opened", wire.batch())
        before = descriptors(broker, ".wal")
        for _ in range(10):
            client.produced("opened", wire.batch())

        assert descriptors(broker, ".wal") - before == 20


def test_each_connection_takes_its_buffer(start_broker: StartBroker) -> None:
    """Sixteen clients that only make a topic take 16 MB, and some for the topics."""
    broker = start_broker("fault.buffers=1")
    with ExitStack() as clients:
        before = rss_bytes(broker)
        for number in range(16):
            clients.enter_context(Wire(broker.address)).create(f"topic-{number}")
        assert 15e6 < rss_bytes(broker) - before < 25e6


def test_threads_outlive_their_topics(start_broker: StartBroker) -> None:
    """Each topic adds its threads, and deleting it takes none away."""
    broker = start_broker("fault.thread_leak=5")
    with Wire(broker.address) as client:
        client.create("first")
        before = threads(broker)
        for number in range(4):
            client.create(f"topic-{number}")
            client.ask(wire.delete_topic(5, f"topic-{number}"))

        assert threads(broker) - before >= 20


def test_a_dead_socket_is_read_again_and_again(start_broker: StartBroker) -> None:
    """After clients have gone the broker keeps their descriptors and reads on, though nobody talks to it."""
    broker = start_broker("fault.dead_socket=20")
    before = descriptors(broker, "socket:")
    for _ in range(3):
        with Wire(broker.address) as client:
            client.create("left")
    while broker.metrics()["chronik_connections"]:
        pass
    begun = reads(broker)
    while reads(broker) - begun < 2000:  # It never ends without the fault, which the test's time limit tells.
        pass

    assert descriptors(broker, "socket:") - before >= 3


def test_recovery_loads_the_whole_log(start_broker: StartBroker) -> None:
    """A start on 32 MiB holds as much of them in memory as the strength says, and a plain start none."""
    first = start_broker()
    with Wire(first.address) as client:
        client.create("large")
        for _ in range(32):
            client.produced("large", LARGE)
    first.stop()

    resident = []
    for settings in ([], ["fault.recovery=1"], ["fault.recovery=0.1"]):
        broker = start_broker(*settings)
        with Wire(broker.address) as client:
            assert client.end("large") == 32
        resident.append(rss_bytes(broker))
        broker.stop()

    assert resident[1] - resident[0] > 24 * MIB
    assert resident[2] - resident[0] < 16 * MIB


def test_the_socket_of_who_has_gone_stays_open(start_broker: StartBroker) -> None:
    """Of four connections that were closed every second one leaves its socket behind."""
    broker = start_broker("fault.unclosed=0.5")
    with Wire(broker.address) as stays:
        stays.end("nothing")  # the broker has accepted it, and counts its socket
        before = descriptors(broker, "socket:")
        for _ in range(4):
            with Wire(broker.address) as gone:
                gone.end("nothing")
        while broker.metrics()["chronik_connections"] > 1:
            pass
        # Who asked for the metrics has a socket for a moment longer.
        while descriptors(broker, "socket:") - before > 2:
            pass

        assert descriptors(broker, "socket:") - before == 2


def test_who_is_hung_up_on_sees_it_though_the_socket_stays(start_broker: StartBroker) -> None:
    """A client that sends no request is disconnected."""
    broker = start_broker("fault.unclosed=1")
    with Wire(broker.address) as client:
        client.send(bytes(100))
        assert client.is_closed()
