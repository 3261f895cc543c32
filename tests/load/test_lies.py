"""What brokers with a fault say, and what the load makes of it: errors are counted, wrong answers are no answers."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from chronik_perf.load import LoadProcess
from chronik_perf.model import MeasurementFailed, Workload
from tests.load.lying_broker import LIST_OFFSETS, METADATA, lying_broker


def test_refused_messages_are_counted_as_failed(workload: Callable[..., Workload]) -> None:
    """A message that the broker answers with an error is sent, failed and not acknowledged, and has no latency."""
    # Given a broker that refuses every fourth request
    with lying_broker("t", error=lambda n: 56 if n % 4 == 3 else 0) as bootstrap:
        load = LoadProcess.start(workload(driver="wire", in_flight=3), bootstrap, "t", None)
        try:
            window = load.run(10.0, 100 * 100)
        finally:
            load.stop()
    # Then a quarter has failed, in words, and the rest is acknowledged, stored and timed
    assert (window.sent, window.failed, window.acked, window.stored) == (100, 25, 75, 75)
    assert window.errors == ("25 messages failed: storage error (error 56)",)
    assert window.response is not None and window.response.recorded == 75


def test_an_answer_to_another_request_is_no_answer(workload: Callable[..., Workload]) -> None:
    """A mismatched correlation id (a real regression: replies in completion order) ends the measurement."""
    with lying_broker("t", correlation=lambda n, c: c if n < 20 else c + 1) as bootstrap:
        load = LoadProcess.start(workload(driver="wire", in_flight=4), bootstrap, "t", None)
        try:
            with pytest.raises(MeasurementFailed, match="answered with correlation id"):
                load.run(10.0, 1 << 20)
        finally:
            load.stop()


def test_a_broker_that_refuses_the_first_message_is_known_at_once(workload: Callable[..., Workload]) -> None:
    """A load whose every message would be refused does not start."""
    with (
        lying_broker("t", error=lambda n: 29) as bootstrap,
        pytest.raises(MeasurementFailed, match="topic authorization failed"),
    ):
        LoadProcess.start(workload(driver="wire"), bootstrap, "t", None)


@pytest.mark.parametrize(("api", "name"), [(METADATA, "Metadata"), (LIST_OFFSETS, "ListOffsets")])
def test_an_answer_that_is_cut_short_is_said(api: int, name: str, workload: Callable[..., Workload]) -> None:
    """Given a broker under development whose answer ends before it should, it is named in one sentence."""
    with (
        lying_broker("t", cut_short=api) as bootstrap,
        pytest.raises(
            MeasurementFailed, match=f"the broker at {bootstrap} answered {name} with what is no v"
        ),
    ):
        LoadProcess.start(workload(driver="wire"), bootstrap, "t", None)


def test_acknowledged_and_not_stored_shows_as_a_gap(workload: Callable[..., Workload]) -> None:
    """What a broker acknowledges and its log does not hold is a difference between acked and stored."""
    # Given a broker that acknowledges everything and keeps every other message
    with lying_broker("t", stores=lambda n: n % 2 == 0) as bootstrap:
        load = LoadProcess.start(workload(driver="wire"), bootstrap, "t", None)
        try:
            window = load.run(10.0, 100 * 100)
        finally:
            load.stop()
    # Then throughput cannot be taken from what was acknowledged
    assert (window.sent, window.acked, window.stored) == (100, 100, 50)


def test_a_high_watermark_that_comes_later_is_waited_for(workload: Callable[..., Workload]) -> None:
    """Given a leader that acknowledges before its followers have a message, what they lack for a moment is not lost."""
    with lying_broker("t", shown_after_s=0.1) as bootstrap:
        load = LoadProcess.start(workload(driver="wire"), bootstrap, "t", None)
        try:
            windows = [load.run(10.0, 100 * 100) for _ in range(2)]
            since_last_ns = time.monotonic_ns() - windows[-1].last_ack_ns
        finally:
            load.stop()
    assert [(w.acked, w.stored) for w in windows] == [(100, 100)] * 2
    # Then waiting for it is not part of the window
    assert since_last_ns > 0.05e9


def test_a_first_message_that_is_acknowledged_and_not_stored_is_said(
    workload: Callable[..., Workload],
) -> None:
    """Given a broker whose log holds nothing of what it acknowledged, the load does not start, and says why."""
    with (
        lying_broker("t", stores=lambda n: False) as bootstrap,
        pytest.raises(
            MeasurementFailed, match="first message: it was acknowledged, and the log does not hold it"
        ),
    ):
        LoadProcess.start(workload(driver="wire"), bootstrap, "t", None)


def test_a_broker_that_refuses_some_messages_is_loaded_all_the_same(
    workload: Callable[..., Workload],
) -> None:
    """Given a broker that refuses the first messages and then every second one, the load starts and counts what failed.

    One that takes none is said, with its own word.
    """
    with lying_broker("t", error=lambda n: 56 if n < 3 or n % 2 else 0) as bootstrap:
        load = LoadProcess.start(workload(driver="wire", in_flight=1), bootstrap, "t", None)
        try:
            window = load.run(10.0, 100 * 100)
        finally:
            load.stop()
    assert (window.sent, window.failed, window.stored) == (100, 50, 50)
    with (
        lying_broker("t", error=lambda n: 56) as bootstrap,
        pytest.raises(MeasurementFailed, match="did not take a first message: 1 message failed: "),
    ):
        LoadProcess.start(workload(driver="wire"), bootstrap, "t", None)


@pytest.mark.timeout(60)
def test_an_acks_0_log_that_never_catches_up_is_reported_as_it_is(workload: Callable[..., Workload]) -> None:
    """Messages that acks=0 lost do not hang the load: stored is what is there, and a sentence says what is missing."""
    with lying_broker("t", stores=lambda n: n < 60, answers_produce=False) as bootstrap:
        load = LoadProcess.start(workload(driver="wire", acks=0), bootstrap, "t", None)
        try:
            asked_ns = time.monotonic_ns()
            window = load.run(10.0, 100 * 100)
        finally:
            load.stop()
    assert (window.sent, window.stored) == (100, 59)
    assert any("stopped 41 messages short" in words for words in window.errors)
    # Then waiting for them is not part of the window
    assert window.last_ack_ns - asked_ns < (time.monotonic_ns() - asked_ns) / 2


@pytest.mark.timeout(60)
def test_a_log_that_has_fallen_short_once_is_not_waited_for_as_long_again(
    workload: Callable[..., Workload],
) -> None:
    """Given messages lost in every window, only the first is followed by a long wait; each sentence says how long."""
    with lying_broker("t", stores=lambda n: n % 2 == 0, answers_produce=False) as bootstrap:
        load = LoadProcess.start(workload(driver="wire", acks=0), bootstrap, "t", None)
        try:
            first, second = load.run(10.0, 100 * 100), load.run(10.0, 100 * 100)
        finally:
            load.stop()
    assert first.stored < first.sent
    assert second.stored < second.sent
    assert [words.rpartition(" for ")[2] for words in (*first.errors, *second.errors)] == ["5 s", "0.5 s"]
