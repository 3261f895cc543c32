"""A server that answers as it is told to: what a sound broker never does has to come from somewhere."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

PRODUCE, FETCH, LIST_OFFSETS, METADATA, API_VERSIONS = 0, 1, 2, 3, 18


@contextlib.contextmanager
def answering(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Give the address of a server that treats each connection with `serve`, in a thread of its own."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=treat, args=(connection,), daemon=True).start()

    def treat(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            serve(connection)
            connection.recv(1)  # until the client has gone

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


@contextlib.contextmanager
def lying_broker(
    topic: str,
    error: Callable[[int], int] = lambda n: 0,
    correlation: Callable[[int, int], int] = lambda n, c: c,
    stores: Callable[[int], bool] = lambda n: True,
    answers_produce: bool = True,
    shown_after_s: float = 0.0,
    cut_short: int | None = None,
    fetch_error: int | None = None,
    hangs_up_at: int | None = None,
    records: bytes = b"",
) -> Iterator[str]:
    """Give the address of a broker with one partition that says `error(n)` to the n-th Produce (from 0).

    `correlation(n, c)` is the correlation id of that answer, where c is the right one. A Produce without an error
    raises the log end offset by 1 where `stores(n)`; ListOffsets tells it as it was `shown_after_s` ago, as the high
    watermark of a replicated partition is. Of answers to the API `cut_short` the second half is missing.
    Where `fetch_error` is given, Fetch is offered: that error is its answer, or, with 0, these `records` when its time
    is up. A request of the API `hangs_up_at` ends the connection.
    """
    produced, end, lock = 0, 0, threading.Lock()
    ends = [(0.0, 0)]

    def shown() -> int:
        return max(then for at, then in ends if at <= time.monotonic() - shown_after_s)

    def serve(connection: socket.socket) -> None:
        nonlocal produced, end
        _, port = connection.getsockname()
        while True:
            (size,) = struct.unpack(">i", exactly(connection, 4))
            request = exactly(connection, size)
            key, _version, answer_to = struct.unpack_from(">hhi", request)
            name = text(topic)
            if key == hangs_up_at:
                raise ConnectionResetError
            if key == API_VERSIONS:
                ranges = {PRODUCE: (3, 7), LIST_OFFSETS: (1, 1), METADATA: (4, 4), API_VERSIONS: (0, 0)}
                if fetch_error is not None:
                    ranges[FETCH] = (4, 4)
                body = struct.pack(">hi", 0, len(ranges))
                body += b"".join(struct.pack(">hhh", k, low, high) for k, (low, high) in ranges.items())
            elif key == METADATA:
                body = (
                    struct.pack(">iii", 0, 1, 1)
                    + text("127.0.0.1")
                    + struct.pack(">ihhii", port, -1, -1, 1, 1)
                )
                body += struct.pack(">h", 0) + name + struct.pack(">bihiiiiii", 0, 1, 0, 0, 1, 1, 1, 1, 1)
            elif key == LIST_OFFSETS:
                body = struct.pack(">i", 1) + name + struct.pack(">iihqq", 1, 0, 0, -1, shown())
            elif key == FETCH:
                assert fetch_error is not None
                (client_id_bytes,) = struct.unpack_from(">h", request, 8)
                (max_wait_ms,) = struct.unpack_from(">i", request, 10 + client_id_bytes + 4)
                time.sleep(0 if fetch_error else max_wait_ms / 1e3)
                body = struct.pack(">ii", 0, 1) + name
                body += (
                    struct.pack(">iihqqii", 1, 0, fetch_error, shown(), shown(), -1, len(records)) + records
                )
            else:
                with lock:
                    n, produced = produced, produced + 1
                    code = error(n)
                    end += code == 0 and stores(n)
                    ends.append((time.monotonic(), end))
                if not answers_produce:
                    continue
                answer_to = correlation(n, answer_to)
                body = struct.pack(">i", 1) + name + struct.pack(">iihqqqi", 1, 0, code, end, -1, 0, 0)
            if key == cut_short:
                body = body[: len(body) // 2]
            connection.sendall(struct.pack(">ii", 4 + len(body), answer_to) + body)

    with answering(serve) as bootstrap:
        yield bootstrap


def text(words: str) -> bytes:
    """Encode a string as Kafka does."""
    return struct.pack(">h", len(words)) + words.encode()


def exactly(connection: socket.socket, size: int) -> bytes:
    """Read so many bytes; OSError where the client has gone."""
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionResetError
        data += part
    return data
