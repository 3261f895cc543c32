"""A Ctrl-C in the moment in which a process is started and nobody knows of it yet."""

from __future__ import annotations

import os
import signal

import pytest

from chronik_perf.interrupts import held_back


def test_an_interrupt_is_heard_at_the_end() -> None:
    """Given a Ctrl-C while interrupts are held back, what was begun is finished first, and the next counts at once."""
    begun: list[str] = []

    def begin() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        begun.append("process")

    def begin_held_back() -> None:
        with held_back():
            begin()

    with pytest.raises(KeyboardInterrupt):
        begin_held_back()
    assert begun == ["process"]
    with pytest.raises(KeyboardInterrupt):
        begin()
    assert begun == ["process"]
