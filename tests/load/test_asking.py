"""What a load of nothing but produce cannot see: replies that overtake, polls that block others, late consumers."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from chronik_perf.load import create_topic
from chronik_perf.load.asking import (
    COME_AND_GO,
    ORDER_ROUNDS,
    SLOW_WAIT_MS,
    AskedLog,
    ask,
    consume,
    fill,
    filled_bytes,
    keep_coming,
)
from chronik_perf.load.asking.deleting import DELETED, delete_topics
from chronik_perf.load.asking.holding import FETCHES, TOO_BUSY, early_fetches
from chronik_perf.load.asking.order import IN_ONE_PIECE
from chronik_perf.load.asking.reading import read_back_ms_per_mb
from chronik_perf.load.asking.refusing import refused_ms
from chronik_perf.load.asking.writing import REPEATED
from chronik_perf.model import Measured, MeasurementFailed, ProbeName, Unavailable
from tests.load.broker_process import RunningBroker, running_broker
from tests.load.lying_broker import FETCH, PRODUCE, lying_broker

Asked = dict[ProbeName, Measured]


def test_a_sound_broker_keeps_the_order_and_lets_nobody_wait(broker: RunningBroker, topic: str) -> None:
    """Given a broker without a fault, no reply overtakes, and no quick request waits for another connection's poll."""
    asked = _told(broker.bootstrap, topic)
    assert (asked["misordered"], asked["reordered"]) == (0, 0)
    assert 0 < _known(asked["beside_slow"]) < SLOW_WAIT_MS / 2
    assert 0 < _known(asked["produce_beside"]) < SLOW_WAIT_MS / 2
    assert _known(asked["delivery"]) > 0


def test_connections_come_and_go_as_many_as_are_asked_for(broker: RunningBroker, topic: str) -> None:
    """Given a bound that is no whole number of groups, as many connections come, each with an answer, and all go."""
    host, _, port = broker.bootstrap.rpartition(":")
    log = AskedLog(topic, 0, (host, int(port)))
    assert keep_coming(log, COME_AND_GO + 7) == COME_AND_GO + 7
    assert keep_coming(log, 0) == 0


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
    assert _known(asked["produce_beside"]) > SLOW_WAIT_MS / 2
    assert asked["misordered"] == 0


@pytest.mark.parametrize(("settings", "count"), [((), 0), (("fault.altered=0.25",), 25)])
def test_messages_that_come_back_otherwise_are_counted(
    tmp_path: Path, settings: tuple[str, ...], count: int
) -> None:
    """Given a broker that alters each fourth message and makes its checksum anew, 25 of the hundred are told."""
    with running_broker(tmp_path, "v2.2.0", *settings) as told:
        create_topic(told.bootstrap, "t", 1)
        assert _told(told.bootstrap, "t", may_create=True)["altered"] == count


def test_what_is_stored_in_another_order_or_again_is_counted(tmp_path: Path) -> None:
    """Given a broker that stores from the end and forgets what producers have sent, both are counted."""
    faults = ("fault.reordered=1", "fault.forgetful=1")
    with running_broker(tmp_path, "v2.2.0", *faults) as told:
        create_topic(told.bootstrap, "t", 1)
        asked = _told(told.bootstrap, "t", may_create=True)
    assert asked["stored_again"] == REPEATED
    # Where a piece comes in two turns of the event loop, its halves are turned round by themselves.
    assert ORDER_ROUNDS <= _known(asked["reordered"]) <= ORDER_ROUNDS * (IN_ONE_PIECE - 1)
    assert asked["misordered"] == 0


def test_a_consumer_that_is_woken_late_shows(tmp_path: Path) -> None:
    """Given a broker that sleeps before each commit, a waiting consumer has its message after that sleep."""
    asked = _asked_of_faulty(tmp_path, "fault.sleep_window=30")
    assert _known(asked["delivery"]) >= 30


def test_what_new_connections_and_topics_cost_is_told(tmp_path: Path) -> None:
    """Given a broker that looks every 30 ms whether a topic is there, topics take that long and connections do not."""
    with running_broker(tmp_path, "v2.2.0", "fault.topic_polling=30") as faulty:
        create_topic(faulty.bootstrap, "t", 1)
        asked = _told(faulty.bootstrap, "t", may_create=True)
        others = _told(faulty.bootstrap, "t")
    why = Unavailable("topics are made on brokers alone that perf has started")
    assert (others["topic_creation"], others["read_back"], others["seek"]) == (why, why, why)
    assert _known(others["metadata"]) > 0, "what topics there are is no secret of those that perf started"
    assert _known(asked["topic_creation"]) >= 30
    assert 0 < _known(asked["connection"]) < _known(asked["topic_creation"])


def test_what_producers_do_that_no_load_does_is_told(tmp_path: Path) -> None:
    """Given a broker that compresses again, syncs for each producer and wakes one each 20 ms, it takes longer there."""
    sound, faulty = _of_both(
        tmp_path, "fault.recompressed=1", "fault.producer_sync=10", "fault.woken_in_turn=20"
    )
    for name in ("compressed_batch", "idempotent", "fan_out"):
        assert 0 < _known(sound[name]) < _known(faulty[name])
    assert _known(faulty["fan_out"]) >= 20 * 19
    assert _known(sound["beside_reader"]) > 0


def test_what_comes_after_a_pause_for_what_is_not_there_and_for_many_partitions_is_told(
    tmp_path: Path,
) -> None:
    """Given a broker that is slow to wake, to refuse and to store for several partitions, it takes longer there."""
    sound, faulty = _of_both(
        tmp_path, "fault.drowsy=60", "fault.slow_refusal=100", "fault.partition_by_partition=1"
    )
    for name in ("after_pause", "refused", "spread_produce"):
        assert 0 < _known(sound[name]) < _known(faulty[name]), name
    assert {sound["early_fetches"], faulty["early_fetches"]} <= {0.0, TOO_BUSY}


def test_fetches_that_do_not_wait_are_counted_and_asked_again(tmp_path: Path) -> None:
    """Given a broker that answers each second fetch at once, ten of twenty are told, and consumers spin meanwhile."""
    with running_broker(tmp_path, "v2.2.0", "fault.impatient=0.5") as faulty:
        create_topic(faulty.bootstrap, "t", 1)
        host, port = faulty.bootstrap.split(":")
        log = AskedLog("t", 0, (host, int(port)))
        assert early_fetches(log) in (FETCHES / 2, TOO_BUSY)
        looks: list[int] = []
        before, after = consume(log, lambda: looks.append(1) or len(looks))
    assert (before, after) == (1, 2)


def test_a_topic_that_is_not_there_and_is_not_refused_is_a_reason() -> None:
    """Given a broker that takes messages for any topic, there is no time of a refusal, and it says so."""
    with lying_broker("t", fetch_error=3) as bootstrap:
        log = AskedLog("t", 0, ("127.0.0.1", int(bootstrap.rpartition(":")[2])))
        told = refused_ms(log)
    assert told == Unavailable("it does not refuse what asks for a topic that is not there")


def test_topics_that_are_made_to_be_deleted_are_deleted(tmp_path: Path) -> None:
    """Given a sound broker, all topics that were made for it are gone afterwards, and what one takes is told."""
    with running_broker(tmp_path, "v2.2.0") as running:
        create_topic(running.bootstrap, "t", 1)
        host, port = running.bootstrap.split(":")
        told = delete_topics(AskedLog("t", 0, (host, int(port))))
        left = AdminClient({"bootstrap.servers": running.bootstrap}).list_topics(timeout=10).topics
    assert 0 < told.topics <= DELETED and told.took_ms > 0
    assert set(left) == {"t"}


def test_a_consumer_that_seeks_without_an_index_is_slow(tmp_path: Path) -> None:
    """Given a broker that walks to each offset, a seek takes many times what it takes with a sound one."""
    seeks_ms = []
    for n, settings in enumerate(((), ("fault.index_lost=1",))):
        folder = tmp_path / str(n)
        folder.mkdir()
        with running_broker(folder, "v2.2.0", *settings) as running:
            create_topic(running.bootstrap, "t", 1)
            asked = _told(running.bootstrap, "t", may_create=True)
        assert _known(asked["read_back"]) > 0
        seeks_ms.append(_known(asked["seek"]))
    assert seeks_ms[1] > 2 * seeks_ms[0]


def test_a_broker_too_slow_to_fill_a_topic_is_known_to_be(tmp_path: Path) -> None:
    """Given a broker that takes half a second for each commit, filling ends in time and tells what was stored."""
    with running_broker(tmp_path, "v2.2.0", "fault.sleep_window=500") as slow:
        create_topic(slow.bootstrap, "t", 1)
        host, port = slow.bootstrap.split(":")
        stored = fill(AskedLog("t", 0, (host, int(port))), 10)
    assert 0 < stored < filled_bytes(10)


def test_a_broker_that_makes_no_topic_is_a_reason() -> None:
    """Given a broker that does not offer CreateTopics, what takes a topic of its own is unavailable for that reason."""
    with lying_broker("t", fetch_error=0) as bootstrap:
        asked = ask(bootstrap, "t", may_create=True)
    why = Unavailable("the broker offers no version of CreateTopics")
    assert (asked.told["topic_creation"], asked.told["read_back"], asked.told["seek"]) == (why, why, why)
    assert asked.filled is None
    assert asked.told["misordered"] == 0


@pytest.mark.parametrize("records", [b"\x00" * 4, b"\x00" * 8 + b"\xff\xff\xff\xf4" + b"\x00" * 60])
def test_records_that_are_none_are_a_reason(records: bytes) -> None:
    """Given a Fetch answered with bytes that are no record batch, be it short or of a negative length, that is said."""
    with lying_broker("t", fetch_error=0, records=records) as bootstrap:
        asked = _told(bootstrap, "t")
        log = AskedLog("t", 0, ("127.0.0.1", int(bootstrap.rpartition(":")[2])))
        with pytest.raises(MeasurementFailed, match="answered Fetch with what is no v4 of it"):
            read_back_ms_per_mb(log)
    assert isinstance(asked["delivery"], Unavailable)


def test_what_waiting_consumers_cost_is_not_known_of_a_broker_that_refuses_them() -> None:
    """Given a broker that refuses each Fetch, what it costs to let consumers wait cannot be told."""
    with lying_broker("t", fetch_error=29) as bootstrap:
        log = AskedLog("t", 0, ("127.0.0.1", int(bootstrap.rpartition(":")[2])))
        with pytest.raises(MeasurementFailed, match="refused Fetch"):
            consume(log, lambda: None)


def test_a_broker_that_offers_no_fetch_has_its_order_judged() -> None:
    """Given a broker without Fetch, what takes one is unavailable for that reason, and the order is told."""
    with lying_broker("t") as bootstrap:
        asked = _told(bootstrap, "t")
    why = Unavailable("the broker offers no version of Fetch")
    assert (asked["misordered"], asked["beside_slow"], asked["delivery"]) == (0.0, why, why)


def test_a_refused_fetch_is_a_reason_in_words() -> None:
    """Given a broker that answers Fetch with an error, that error is the reason."""
    with lying_broker("t", fetch_error=29) as bootstrap:
        asked = _told(bootstrap, "t")
    why = Unavailable("the broker refused Fetch: topic authorization failed (error 29)")
    assert (asked["misordered"], asked["beside_slow"], asked["delivery"]) == (0.0, why, why)


def test_a_refused_message_is_a_reason_in_words() -> None:
    """Given a broker that refuses what is produced, only what takes no message is told."""
    with lying_broker("t", fetch_error=0, error=lambda n: 56) as bootstrap:
        asked = _told(bootstrap, "t")
    why = Unavailable("the broker refused Produce: storage error (error 56)")
    assert (asked["misordered"], asked["delivery"]) == (why, why)
    assert _known(asked["beside_slow"]) > 0


def test_a_message_that_never_comes_to_a_waiting_consumer_is_said() -> None:
    """Given a broker that stores and whose Fetch is always empty, there is no time of delivery, and it says so."""
    with lying_broker("t", fetch_error=0) as bootstrap:
        asked = _told(bootstrap, "t")
    assert asked["delivery"] == Unavailable("a waiting Fetch was not answered with what was produced")
    assert asked["misordered"] == 0


@pytest.mark.parametrize(("api", "name"), [(PRODUCE, "Produce"), (FETCH, "Fetch")])
def test_a_broker_that_hangs_up_is_a_reason_without_its_address(api: int, name: str) -> None:
    """Given a broker that ends the connection at a request, what takes that request says so, as of any other start."""
    with lying_broker("t", fetch_error=0, hangs_up_at=api) as bootstrap:
        asked = _told(bootstrap, "t")
    assert isinstance(asked["delivery"], Unavailable)
    assert asked["delivery"].reason.startswith(f"the broker did not answer {name}: ")
    assert bootstrap not in asked["delivery"].reason
    assert isinstance(asked["misordered"], Unavailable) == (api == PRODUCE)
    assert isinstance(asked["beside_slow"], Unavailable) == (api == FETCH)


def test_a_message_that_is_never_acknowledged_is_waited_for_in_bounded_time() -> None:
    """Given a broker that does not answer Produce, the wait ends, and that it timed out is the reason."""
    with lying_broker("t", fetch_error=0, answers_produce=False) as bootstrap:
        asked = _told(bootstrap, "t")
    why = Unavailable("the broker did not answer Produce: timed out")
    assert (asked["misordered"], asked["delivery"]) == (why, why)
    assert _known(asked["beside_slow"]) > 0


def test_an_answer_to_nothing_that_was_asked_has_overtaken_nothing() -> None:
    """Given a broker that answers with correlation ids of its own, no order can be judged, which is the reason."""
    with lying_broker("t", fetch_error=29, correlation=lambda n, c: c + 1000) as bootstrap:
        asked = _told(bootstrap, "t")
    assert asked["misordered"] == Unavailable("the broker answered what it was not asked")


def test_a_fetch_that_is_cut_short_is_a_reason() -> None:
    """Given a broker under development whose Fetch answer ends before it should, that is said."""
    with lying_broker("t", fetch_error=0, cut_short=FETCH) as bootstrap:
        asked = _told(bootstrap, "t")
    why = Unavailable("the broker answered Fetch with what is no v4 of it")
    assert (asked["misordered"], asked["beside_slow"], asked["delivery"]) == (0.0, why, why)


def test_a_topic_that_is_not_there_is_a_reason_for_all(broker: RunningBroker, topic: str) -> None:
    """Given a sound broker and a topic or partition that it does not have, nothing is known, for that reason."""
    absent = Unavailable("the broker has no topic 'absent'")
    assert {*_told(broker.bootstrap, "absent").values()} == {absent}
    beyond = Unavailable(f"topic '{topic}' has no partition 7")
    assert {*_told(broker.bootstrap, topic, 7).values()} == {beyond}


def test_nobody_who_listens_is_a_failure() -> None:
    """Given an address where nobody listens, there is no answer to be had about anything, and it is raised."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        _, port = server.getsockname()
    with pytest.raises(MeasurementFailed, match=f"no broker answers at 127.0.0.1:{port}"):
        _told(f"127.0.0.1:{port}", "t")


def _told(bootstrap: str, topic: str, partition: int = 0, *, may_create: bool = False) -> Asked:
    return ask(bootstrap, topic, partition, may_create=may_create).told


def _of_both(folder: Path, *faults: str) -> tuple[Asked, Asked]:
    """Ask a sound broker, and then one with faults."""
    told = []
    for settings in ((), faults):
        own = folder / str(len(told))
        own.mkdir()
        with running_broker(own, "v2.2.0", *settings) as running:
            create_topic(running.bootstrap, "t", 1)
            told.append(_told(running.bootstrap, "t", may_create=True))
    return told[0], told[1]


def _asked_of_faulty(folder: Path, fault: str) -> Asked:
    with running_broker(folder, "v2.2.0", fault) as faulty:
        create_topic(faulty.bootstrap, "t", 1)
        return _told(faulty.bootstrap, "t")


def _known(value: Measured) -> float:
    assert not isinstance(value, Unavailable), value.reason
    return value
