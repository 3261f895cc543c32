"""Three measurements that no version of a broker can touch: when they move, the machine did."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from chronik_perf.model import Canaries, Measured, Unavailable

_SYNCS, _LOOPS, _ECHOES = 10, 9, 200
_PAGE = b"\xa5" * 4096


def measure_canaries(directory: Path, core: int | None = None) -> Canaries:
    """Measure a bare write with fdatasync in `directory`, a CPU loop and a loopback echo; about 0.05 s.

    Medians, each of a few repeats, all on `core` (by default the last that this process may use): an echo
    between two cores takes three times as long as on one. A canary that cannot be measured is Unavailable
    with the reason.
    """
    measured: list[Measured] = []

    def run() -> None:
        # Pins this thread and the ones it starts, nothing else of the process.
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0)) if core is None else core})
        canaries: tuple[Callable[[], float], ...] = (
            lambda: _fdatasync_ms(directory),
            _cpu_loop_ms,
            _loopback_us,
        )
        for canary in canaries:
            try:
                measured.append(canary())
            except OSError as error:
                measured.append(Unavailable(f"the canary failed: {error.strerror or error}"))

    thread = threading.Thread(target=run, name="canaries")
    thread.start()
    thread.join()
    return Canaries(*measured)


def _fdatasync_ms(directory: Path) -> float:
    """Append 4 KiB and sync it, as a write-ahead log does; median in ms."""
    fd, path = tempfile.mkstemp(prefix="canary-", dir=directory)
    try:
        times = []
        for _ in range(_SYNCS):
            begun = time.perf_counter_ns()
            os.write(fd, _PAGE)
            os.fdatasync(fd)
            times.append(time.perf_counter_ns() - begun)
        return statistics.median(times) / 1e6
    finally:
        os.close(fd)
        with contextlib.suppress(OSError):
            os.unlink(path)


def _cpu_loop_ms() -> float:
    """Run a fixed loop of integer arithmetic; median in ms."""
    times = []
    for _ in range(_LOOPS):
        begun = time.perf_counter_ns()
        value = 1
        for number in range(30_000):
            value = (value * 31 + number) & 0xFFFFFFFF
        times.append(time.perf_counter_ns() - begun)
    return statistics.median(times) / 1e6


def _loopback_us() -> float:
    """Send 64 bytes to a thread of this process over TCP and get them back; median of round trips in µs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)

        def echo() -> None:
            with contextlib.suppress(OSError):
                peer, _ = listener.accept()
                with peer:
                    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    while data := peer.recv(64):
                        peer.sendall(data)

        thread = threading.Thread(target=echo, name="canary-echo", daemon=True)
        thread.start()
        times = []
        with socket.create_connection(listener.getsockname(), timeout=5) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(_ECHOES):
                begun = time.perf_counter_ns()
                client.sendall(_PAGE[:64])
                client.recv(64)
                times.append(time.perf_counter_ns() - begun)
        thread.join()
    return statistics.median(times) / 1e3
