"""What a load of nothing but produce cannot see: replies that overtake, polls that block others, late consumers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from chronik_perf.load import create_topic
from chronik_perf.load.asking import ORDER_ROUNDS, SLOW_WAIT_MS, ask
from chronik_perf.load.wire import protocol
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import Measured, MeasurementFailed, ProbeName, Unavailable
from tests.load.broker_process import RunningBroker, running_broker
from tests.load.lying_broker import FETCH, PRODUCE, lying_broker

Asked = dict[ProbeName, Measured]


def test_a_sound_broker_keeps_the_order_and_lets_nobody_wait(broker: RunningBroker, topic: str) -> None:
    """Given a broker without a fault, no reply overtakes, and no quick request waits for another connection's poll."""
    asked = ask(broker.bootstrap, topic)
    assert asked["misordered"] == 0
    assert _known(asked["beside_slow"]) > 0
    assert _known(asked["delivery"]) > 0


def test_replies_in_the_order_of_completion_are_counted(tmp_path: Path) -> None:
    """Given a broker that writes what is ready first, replies overtake, and the other answers are told all the same."""
    asked = _asked_of_faulty(tmp_path, "fault.completion_order=1")
    assert 0 < _known(asked["misordered"]) <= ORDER_ROUNDS
    assert _known(asked["beside_slow"]) > 0
    assert _known(asked["delivery"]) > 0


def test_a_quick_request_that_waits_for_the_poll_of_another_connection_is_slow(tmp_path: Path) -> None:
    """Given a broker whose replies all leave through one queue, a quick request takes what is left of the poll."""
    asked = _asked_of_faulty(tmp_path, "fault.head_of_line=128")
    assert _known(asked["beside_slow"]) > SLOW_WAIT_MS / 2
    assert asked["misordered"] == 0


def test_a_consumer_that_is_woken_late_shows(tmp_path: Path) -> None:
    """Given a broker that sleeps before each commit, a waiting consumer has its message after that sleep."""
    asked = _asked_of_faulty(tmp_path, "fault.sleep_window=30")
    assert _known(asked["delivery"]) >= 30


def test_what_new_connections_and_topics_cost_is_told(tmp_path: Path) -> None:
    """Given a broker that looks every 30 ms whether a topic is there, topics take that long and connections do not."""
    with running_broker(tmp_path, "v2.2.0", "fault.topic_polling=30") as faulty:
        create_topic(faulty.bootstrap, "t", 1)
        asked = ask(faulty.bootstrap, "t", may_create=True)
        assert ask(faulty.bootstrap, "t")["topic_creation"] == Unavailable(
            "topics are made on brokers alone that perf has started"
        )
    assert _known(asked["topic_creation"]) >= 30
    assert 0 < _known(asked["connection"]) < _known(asked["topic_creation"])


def test_a_consumer_that_seeks_without_an_index_is_slow(tmp_path: Path) -> None:
    """Given a broker that walks to each offset, a seek takes many times what it takes with a sound one."""
    seeks_ms = []
    for n, settings in enumerate(((), ("fault.index_lost=1",))):
        folder = tmp_path / str(n)
        folder.mkdir()
        with running_broker(folder, "v2.2.0", *settings) as running:
            create_topic(running.bootstrap, "t", 1)
            _fill(running.bootstrap, "t")
            asked = ask(running.bootstrap, "t")
        assert _known(asked["read_back"]) > 0
        seeks_ms.append(_known(asked["seek"]))
    assert seeks_ms[1] > 2 * seeks_ms[0]


def test_a_log_that_is_next_to_empty_is_not_read(broker: RunningBroker, topic: str) -> None:
    """Given a few messages, what a consumer would take for them says nothing of reading, and none is told."""
    asked = ask(broker.bootstrap, topic)
    why = Unavailable("it has stored too little to be read")
    assert (asked["read_back"], asked["seek"]) == (why, why)


def test_a_broker_that_offers_no_fetch_has_its_order_judged() -> None:
    """Given a broker without Fetch, what takes one is unavailable for that reason, and the order is told."""
    with lying_broker("t") as bootstrap:
        asked = ask(bootstrap, "t")
    why = Unavailable("the broker offers no version of Fetch")
    assert (asked["misordered"], asked["beside_slow"], asked["delivery"], asked["read_back"]) == (
        0.0,
        why,
        why,
        why,
    )


def test_a_refused_fetch_is_a_reason_in_words() -> None:
    """Given a broker that answers Fetch with an error, that error is the reason."""
    with lying_broker("t", fetch_error=29) as bootstrap:
        asked = ask(bootstrap, "t")
    why = Unavailable("the broker refused Fetch: topic authorization failed (error 29)")
    assert (asked["misordered"], asked["beside_slow"], asked["delivery"], asked["read_back"]) == (
        0.0,
        why,
        why,
        why,
    )


def test_a_refused_message_is_a_reason_in_words() -> None:
    """Given a broker that refuses what is produced, only what takes no message is told."""
    with lying_broker("t", fetch_error=0, error=lambda n: 56) as bootstrap:
        asked = ask(bootstrap, "t")
    why = Unavailable("the broker refused Produce: storage error (error 56)")
    assert (asked["misordered"], asked["delivery"]) == (why, why)
    assert _known(asked["beside_slow"]) > 0


def test_a_message_that_never_comes_to_a_waiting_consumer_is_said() -> None:
    """Given a broker that stores and whose Fetch is always empty, there is no time of delivery, and it says so."""
    with lying_broker("t", fetch_error=0) as bootstrap:
        asked = ask(bootstrap, "t")
    assert asked["delivery"] == Unavailable("a waiting Fetch was not answered with what was produced")
    assert asked["misordered"] == 0


@pytest.mark.parametrize(("api", "name"), [(PRODUCE, "Produce"), (FETCH, "Fetch")])
def test_a_broker_that_hangs_up_is_a_reason_without_its_address(api: int, name: str) -> None:
    """Given a broker that ends the connection at a request, what takes that request says so, as of any other start."""
    with lying_broker("t", fetch_error=0, hangs_up_at=api) as bootstrap:
        asked = ask(bootstrap, "t")
    assert isinstance(asked["delivery"], Unavailable)
    assert asked["delivery"].reason.startswith(f"the broker did not answer {name}: ")
    assert bootstrap not in asked["delivery"].reason
    assert isinstance(asked["misordered"], Unavailable) == (api == PRODUCE)
    assert isinstance(asked["beside_slow"], Unavailable) == (api == FETCH)


def test_a_message_that_is_never_acknowledged_is_waited_for_in_bounded_time() -> None:
    """Given a broker that does not answer Produce, the wait ends, and that it timed out is the reason."""
    with lying_broker("t", fetch_error=0, answers_produce=False) as bootstrap:
        asked = ask(bootstrap, "t")
    why = Unavailable("the broker did not answer Produce: timed out")
    assert (asked["misordered"], asked["delivery"]) == (why, why)
    assert _known(asked["beside_slow"]) > 0


def test_an_answer_to_nothing_that_was_asked_has_overtaken_nothing() -> None:
    """Given a broker that answers with correlation ids of its own, no order can be judged, which is the reason."""
    with lying_broker("t", fetch_error=29, correlation=lambda n, c: c + 1000) as bootstrap:
        asked = ask(bootstrap, "t")
    assert asked["misordered"] == Unavailable("the broker answered what it was not asked")


def test_a_fetch_that_is_cut_short_is_a_reason() -> None:
    """Given a broker under development whose Fetch answer ends before it should, that is said."""
    with lying_broker("t", fetch_error=0, cut_short=FETCH) as bootstrap:
        asked = ask(bootstrap, "t")
    why = Unavailable("the broker answered Fetch with what is no v4 of it")
    assert (asked["misordered"], asked["beside_slow"], asked["delivery"], asked["read_back"]) == (
        0.0,
        why,
        why,
        why,
    )


def test_a_topic_that_is_not_there_is_a_reason_for_all(broker: RunningBroker, topic: str) -> None:
    """Given a sound broker and a topic or partition that it does not have, nothing is known, for that reason."""
    absent = Unavailable("the broker has no topic 'absent'")
    assert {*ask(broker.bootstrap, "absent").values()} == {absent}
    beyond = Unavailable(f"topic '{topic}' has no partition 7")
    assert {*ask(broker.bootstrap, topic, 7).values()} == {beyond}


def test_nobody_who_listens_is_a_failure() -> None:
    """Given an address where nobody listens, there is no answer to be had about anything, and it is raised."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        _, port = server.getsockname()
    with pytest.raises(MeasurementFailed, match=f"no broker answers at 127.0.0.1:{port}"):
        ask(f"127.0.0.1:{port}", "t")


def _fill(bootstrap: str, topic: str) -> None:
    """Store 8,000 batches of one message of 1 KB."""
    host, _, port = bootstrap.rpartition(":")
    batch = protocol.record_batch(bytes(1000), 0)
    request = (protocol.PRODUCE, protocol.produce_body(topic, 0, 1, 10_000, batch))
    with WireConnection(host, int(port)) as connection:
        for _ in range(80):
            connection.send(*[request] * 100)
            for _ in range(100):
                connection.receive(protocol.PRODUCE)


def _asked_of_faulty(folder: Path, fault: str) -> Asked:
    with running_broker(folder, "v2.2.0", fault) as faulty:
        create_topic(faulty.bootstrap, "t", 1)
        return ask(faulty.bootstrap, "t")


def _known(value: Measured) -> float:
    assert not isinstance(value, Unavailable), value.reason
    return value
