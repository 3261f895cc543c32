"""Ctrl-C, held back while a process has been started that nobody knows of yet."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Hear an interrupt only at the end, which must be soon. Other threads than the main one never hear any.

    By Python's own handlers and not by the thread's signal mask, which another thread need not have.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []

    def remember(number: int, frame: FrameType | None) -> None:
        came.append((number, frame))

    handlers = {wanted: signal.getsignal(wanted) for wanted in _HEARD}
    for wanted, handler in handlers.items():
        if callable(handler):
            signal.signal(wanted, remember)
    try:
        yield
    finally:
        for wanted, handler in handlers.items():
            if callable(handler):
                signal.signal(wanted, handler)
        for number, frame in came[:1]:
            heard = handlers[signal.Signals(number)]
            assert callable(heard)
            heard(number, frame)
