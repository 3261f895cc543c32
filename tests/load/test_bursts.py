"""Bursts: exactly so many messages as were asked for, every answer checked, whatever the broker does."""

from __future__ import annotations

import pytest

from chronik_perf.load.wire.bursts import Bursts
from chronik_perf.load.wire.topics import WireOffsets
from chronik_perf.model import MeasurementFailed, Workload
from tests.load.lying_broker import lying_broker

WORKLOAD = Workload("counted", "counted", "wire", 1, 16, 1, 0.0, 1, 0.0, 0)


def bursts(bootstrap: str, burst: int = 6) -> Bursts:
    return Bursts(WORKLOAD, bootstrap, "t", burst, [b"x" * 16])


def test_exactly_so_many_messages_are_sent() -> None:
    """Given a number that bursts do not divide, the last is shorter, and the log has gained that number."""
    with lying_broker("t") as bootstrap:
        load = bursts(bootstrap)
        assert load.give(20) > 0
        load.close()
        offsets = WireOffsets(bootstrap, "t")
        assert offsets.total() == 20
        offsets.close()


def test_a_refusal_in_the_middle_of_a_burst_is_told() -> None:
    """Given a broker that refuses the tenth message, the load fails with the broker's error in words."""
    with lying_broker("t", error=lambda n: 56 if n == 9 else 0) as bootstrap:
        load = bursts(bootstrap)
        with pytest.raises(MeasurementFailed, match="storage error"):
            load.give(20)
        load.close()


def test_an_answer_to_another_request_is_told() -> None:
    """Given an answer with a stranger's correlation id, it does not pass for a success."""
    with lying_broker("t", correlation=lambda n, c: c + (n == 3)) as bootstrap:
        load = bursts(bootstrap)
        with pytest.raises(MeasurementFailed, match="correlation id"):
            load.give(6)
        load.close()
