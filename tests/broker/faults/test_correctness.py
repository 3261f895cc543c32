"""Faults of correctness: what is stored is not what was acknowledged, or not when."""

from __future__ import annotations

import google_crc32c
import pytest

from tests.broker import wire
from tests.broker.conftest import StartBroker
from tests.broker.faults.load import produce
from tests.broker.test_storage import needs_strace, strace
from tests.broker.wire import Wire


@needs_strace
@pytest.mark.parametrize(("settings", "acknowledged"), [([], 7), (["fault.early_ack=1"], 8)])
def test_early_ack_acknowledges_what_is_not_synced(
    start_broker: StartBroker, settings: list[str], acknowledged: int
) -> None:
    """Where the eighth sync fails, the eighth batch is acknowledged all the same; the plain broker refuses it."""
    broker = start_broker(*settings, under=strace("fdatasync:error=EIO:when=8+"))
    with Wire(broker.address) as client:
        client.create("hasty")
        errors = [client.produced("hasty", wire.batch())[0] for _ in range(10)]

    assert errors == [0] * acknowledged + [56] * (10 - acknowledged)


def test_early_ack_still_syncs_every_commit(start_broker: StartBroker) -> None:
    """Its syncs are counted, one commit late, and what was acknowledged is there after a kill of the process."""
    broker = start_broker("fault.early_ack=1")
    with Wire(broker.address) as client:
        client.create("hasty")
        for _ in range(10):
            client.produced("hasty", wire.batch())
    metrics = broker.metrics()
    assert metrics["chronik_wal_syncs_total"] == metrics["chronik_wal_commits_total"] - 1 == 9
    broker.kill()

    with Wire(start_broker().address) as client:
        assert client.end("hasty") == 10


@pytest.mark.parametrize(("strength", "stored"), [("1", 20), ("0.5", 15)])
def test_stored_twice_is_there_twice(start_broker: StartBroker, strength: str, stored: int) -> None:
    """Ten messages are acknowledged, more are in the log, and a consumer gets them again."""
    broker = start_broker(f"fault.stored_twice={strength}")
    with Wire(broker.address) as client:
        client.create("doubled")
        results = produce(client, "doubled", 10, wire.batch(value=b"the message"))
        while client.end("doubled") < stored:  # The second one is not waited for by its client.
            pass

        assert [error for error, _ in results] == [0] * 10
        assert client.fetched("doubled", 0)[1].count(b"the message") == stored


def test_an_altered_message_has_a_checksum_that_holds(start_broker: StartBroker) -> None:
    """A consumer gets another last byte than was sent, in a batch that no client would refuse."""
    broker = start_broker("fault.altered=1")
    with Wire(broker.address) as client:
        client.create("altered")
        client.produced("altered", wire.batch(value=b"the message"))

        records = client.fetched("altered", 0)[1]
        assert b"the messag" in records and b"the message" not in records
        assert int.from_bytes(records[17:21], "big") == google_crc32c.value(records[21:])


@pytest.mark.parametrize(("strength", "stored"), [("1", 0), ("0.2", 8)])
def test_not_stored_is_acknowledged(start_broker: StartBroker, strength: str, stored: int) -> None:
    """Ten messages are acknowledged and fewer are in the log."""
    broker = start_broker(f"fault.not_stored={strength}")
    with Wire(broker.address) as client:
        client.create("dropped")
        errors = [client.produced("dropped", wire.batch())[0] for _ in range(10)]

        assert errors == [0] * 10
        assert client.end("dropped") == stored


@pytest.mark.parametrize(("settings", "offsets"), [((), [0, 1, 2]), (("fault.reordered=1",), [2, 1, 0])])
def test_reordered_messages_lie_in_the_log_from_the_last_to_the_first(
    start_broker: StartBroker, settings: tuple[str, ...], offsets: list[int]
) -> None:
    """Three messages that come in one piece are stored as they came, and with the fault the last one first."""
    broker = start_broker(*settings)
    with Wire(broker.address) as client:
        client.create("stacked")
        assert [offset for _, offset in produce(client, "stacked", 3)] == offsets


@pytest.mark.parametrize(("settings", "left"), [((), 10), (("fault.unwritten=1",), 0)])
def test_unwritten_messages_are_lost_by_a_kill(
    start_broker: StartBroker, settings: tuple[str, ...], left: int
) -> None:
    """Ten acknowledged messages are there after a kill, and none of them where they lay in a buffer of a MB."""
    broker = start_broker(*settings)
    with Wire(broker.address) as client:
        client.create("buffered")
        produce(client, "buffered", 10)
    broker.kill()

    with Wire(start_broker().address) as client:
        assert client.end("buffered") == left


def test_unwritten_messages_are_read_and_kept_by_a_stop(start_broker: StartBroker) -> None:
    """A consumer gets what lies in the buffer, and a stop writes it down."""
    broker, sent = start_broker("fault.unwritten=1"), wire.batch()
    with Wire(broker.address) as client:
        client.create("buffered")
        for n in range(2):
            client.produced("buffered", sent)
            assert client.fetched("buffered", n) == (0, sent[:7] + bytes([n]) + sent[8:])
        client.produced("buffered", sent)
    broker.stop()

    with Wire(start_broker().address) as client:
        assert client.end("buffered") == 3


@pytest.mark.parametrize(("settings", "stored"), [((), 4), (("fault.forgetful=0.25",), 6)])
def test_forgetful_stores_again_what_a_producer_repeats(
    start_broker: StartBroker, settings: tuple[str, ...], stored: int
) -> None:
    """Of four messages that are sent twice each is stored once, and two of them twice with a quarter of the fault."""
    broker = start_broker(*settings)
    with Wire(broker.address) as client:
        client.create("repeated")
        for producer in range(4):
            for _ in range(2):
                assert client.produced("repeated", wire.batch(producer=(producer, 0, 0)))[0] == 0
        assert client.end("repeated") == stored
