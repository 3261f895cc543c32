"""Threads of one pool go by one name, whatever number each has."""

from __future__ import annotations

import pytest

from chronik_perf.sampling.families import family


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Thread-7 (writer)", "Thread-# (writer)"),
        (
            "data-plane-kafka-network-thread-1-ListenerName(PLAINTEXT)-2",
            "data-plane-kafka-network-thread-#-ListenerName(PLAINTEXT)-#",
        ),
        ("asyncio_0", "asyncio_#"),
        ("G1 Conc#12", "G1 Conc##"),
        ("wal-v2", "wal-v2"),
        ("acks1", "acks1"),
        ("MainThread", "MainThread"),
    ],
)
def test_a_number_by_itself_is_left_out(name: str, expected: str) -> None:
    """Given a name with a number of its own, the number goes; one that is part of a word stays."""
    assert family(name) == expected
