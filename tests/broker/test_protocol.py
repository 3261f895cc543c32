"""What is said on the wire: order, versions, errors, and requests that no client would send."""

from __future__ import annotations

import struct

import pytest

from tests.broker import wire
from tests.broker.conftest import Broker, StartBroker
from tests.broker.wire import Wire


def test_replies_leave_in_the_order_of_the_requests(broker: Broker) -> None:
    """A quick request behind slow ones on one connection is answered after them."""
    with Wire(broker.address) as client:
        client.create("ordered")
        requests = b""
        for number in range(0, 60, 3):
            requests += wire.produce(number, "ordered", wire.batch())
            requests += wire.fetch(number + 1, "ordered", 1000, max_wait_ms=5)
            requests += wire.list_offsets(number + 2, "ordered")

        client.send(requests)
        got = [client.receive()[0] for _ in range(60)]

    assert got == list(range(60))


def test_a_reply_waits_for_a_long_poll_before_it(broker: Broker) -> None:
    """A produce behind a fetch that waits for just that message still ends both, in order."""
    with Wire(broker.address) as client, Wire(broker.address) as other:
        client.create("polled")

        client.send(wire.fetch(1, "polled", 0, max_wait_ms=20_000) + wire.list_offsets(2, "polled"))
        assert other.produced("polled", wire.batch()) == (0, 0)

        assert [client.receive()[0], client.receive()[0]] == [1, 2]


@pytest.mark.parametrize("version", [0, 1, 2, 3, 4])
def test_api_versions_are_told(broker: Broker, version: int) -> None:
    """Every spoken version of ApiVersions answers without an error and names Produce."""
    body = b"\x05test\x021\x00" if version >= 3 else b""
    with Wire(broker.address) as client:
        reply = client.ask(wire.frame(wire.API_VERSIONS, version, 7, body))

    assert reply[:2] == b"\0\0"
    assert struct.pack(">hhh", wire.PRODUCE, 0, 8) in reply


def test_an_unknown_version_of_api_versions_gets_error_35(broker: Broker) -> None:
    """A client from the future gets UNSUPPORTED_VERSION in the oldest shape, and can ask again."""
    with Wire(broker.address) as client:
        error, count = struct.unpack_from(">hi", client.ask(wire.frame(wire.API_VERSIONS, 99, 1, b"?")))
        again = client.ask(wire.frame(wire.API_VERSIONS, 0, 2, b""))

    assert error == 35
    assert again == struct.pack(">hi", 0, count) + again[6:]
    assert len(again) == 6 + count * 6


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff" + bytes(20),
        b"\x7f\xff\xff\xff" + bytes(20),
        b"\0\0\0\x02" + bytes(20),
        b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n",
        wire.frame(wire.METADATA, 1, 1, b"\x7f\xff\xff\xff"),
        wire.frame(wire.METADATA, 1, 1, b"\0\0\0\x01\x00\x09abc"),
        wire.frame(wire.METADATA, 99, 1, b""),
        wire.frame(999, 0, 1, b""),
        wire.frame(wire.PRODUCE, 7, 1, b"\xff\xff\x00\x01"),
        wire.frame(wire.PRODUCE, 2, 1, bytes(30)),
        wire.produce(1, "t", b"", acks=7),
    ],
    ids=[
        "negative size",
        "size beyond the limit",
        "size below a header",
        "HTTP",
        "array longer than its request",
        "string longer than its request",
        "version not spoken",
        "API not spoken",
        "cut off",
        "old produce",
        "acks=7",
    ],
)
def test_a_malformed_request_costs_its_sender_the_connection_and_nobody_else(
    broker: Broker, data: bytes
) -> None:
    """The broker hangs up on what cannot be a request and goes on serving the others."""
    with Wire(broker.address) as good, Wire(broker.address) as bad:
        good.create("t")
        bad.send(data)

        assert bad.is_closed()
        assert good.produced("t", wire.batch()) == (0, 0)


def test_a_request_may_come_in_any_number_of_pieces(broker: Broker) -> None:
    """Requests cut at every byte are the same requests."""
    with Wire(broker.address) as client:
        client.create("pieces")
        both = wire.produce(1, "pieces", wire.batch()) + wire.produce(2, "pieces", wire.batch(3))
        for byte in range(len(both)):
            client.send(both[byte : byte + 1])

        replies = [wire.produce_result(client.receive()[1], "pieces") for _ in range(2)]

    assert replies == [(0, 0), (0, 1)]


@pytest.mark.parametrize(
    ("records", "error"),
    [
        (wire.batch()[:-1] + b"!", 2),
        (wire.batch()[:40], 2),
        (wire.batch() + b"more", 2),
        (wire.batch(magic=1), 43),
        (b"", 2),
    ],
    ids=["corrupt", "cut off", "something after it", "old format", "empty"],
)
def test_an_unsound_batch_is_refused_and_not_stored(broker: Broker, records: bytes, error: int) -> None:
    """What does not match its CRC or format gets its error, and the next batch is stored in its place."""
    with Wire(broker.address) as client:
        client.create("sound")

        assert client.produced("sound", records) == (error, -1)
        assert client.produced("sound", wire.batch()) == (0, 0)


@pytest.mark.parametrize("version", [3, 4, 5, 6, 7, 8])
def test_every_version_of_produce_is_answered_in_its_shape(broker: Broker, version: int) -> None:
    """The first request and one that repeats it get replies of the same length, with offsets that go on."""
    with Wire(broker.address) as client:
        client.create("versions")
        first = client.ask(wire.produce(1, "versions", wire.batch(2), version=version))
        second = client.ask(wire.produce(2, "versions", wire.batch(2), version=version))

    length = 4 + 2 + len("versions") + 4 + 4 + 2 + 8 + 8 + 4
    length += 8 if version >= 5 else 0
    length += 6 if version >= 8 else 0
    assert [len(first), len(second)] == [length, length]
    assert [wire.produce_result(r, "versions") for r in (first, second)] == [(0, 0), (0, 2)]


def test_a_topic_that_is_not_there_gets_error_3(broker: Broker) -> None:
    """Producing to, fetching from and asking for offsets of an unknown topic or partition say so."""
    with Wire(broker.address) as client:
        client.create("here")

        assert client.produced("there", wire.batch()) == (3, -1)
        assert client.produced("here", wire.batch(), partition=1) == (3, -1)
        assert client.fetched("there", 0)[0] == 3
        assert wire.offset_result(client.ask(wire.list_offsets(1, "there")), "there")[0] == 3


def test_a_fetch_outside_the_log_says_so(broker: Broker) -> None:
    """An offset beyond the end gets OFFSET_OUT_OF_RANGE; the end itself is empty without an error."""
    with Wire(broker.address) as client:
        client.create("short")
        client.produced("short", wire.batch(5))

        assert client.fetched("short", 5) == (0, b"")
        assert client.fetched("short", 6) == (1, b"")


def test_acks_0_with_something_wrong_ends_the_connection(broker: Broker) -> None:
    """Without a reply to carry the error, hanging up is what tells the client."""
    with Wire(broker.address) as client:
        client.send(wire.produce(1, "nowhere", wire.batch(), acks=0))

        assert client.is_closed()


def test_offsets_are_found_by_time(broker: Broker) -> None:
    """A time finds the first batch with a message of then or later; one in the future finds none."""
    with Wire(broker.address) as client:
        client.create("timed")
        client.produced("timed", wire.batch(3))

        assert wire.offset_result(client.ask(wire.list_offsets(1, "timed", 1)), "timed") == (0, 0)
        assert wire.offset_result(client.ask(wire.list_offsets(1, "timed", 1 << 60)), "timed") == (0, -1)
        assert wire.offset_result(client.ask(wire.list_offsets(1, "timed", -2)), "timed") == (0, 0)


def test_a_frame_limit_can_be_set(start_broker: StartBroker) -> None:
    """A request beyond network.max_frame_bytes is not read to its end."""
    broker = start_broker("network.max_frame_bytes=1000")
    with Wire(broker.address) as client:
        client.create("small")
        assert client.produced("small", wire.batch(value=bytes(500))) == (0, 0)
        client.send(wire.produce(1, "small", wire.batch(value=bytes(2000))))

        assert client.is_closed()


def test_an_idempotent_batch_sent_twice_is_stored_once(broker: Broker) -> None:
    """A retry gets the first one's offset; a gap in the sequence and an old epoch are refused."""
    with Wire(broker.address) as client:
        client.create("once")
        first = wire.batch(3, producer=(9, 1, 0))

        assert client.produced("once", first) == (0, 0)
        assert client.produced("once", first) == (0, 0)
        assert client.produced("once", wire.batch(producer=(9, 1, 3))) == (0, 3)
        assert client.produced("once", wire.batch(producer=(9, 1, 9))) == (45, -1)
        assert client.produced("once", wire.batch(producer=(9, 0, 4))) == (47, -1)
        assert client.end("once") == 4
