"""A broker small enough to be counted in a second: the standard library alone, one partition, everything in memory.

Run as: counted_broker.py --port PORT [--work N] [--wait-ms MS] [--loses N] [--dies-after N]
"""

from __future__ import annotations

# Neither socket nor argparse: their import would be two thirds of a start, and fifty times slower than usual.
import _socket
import select
import struct
import sys
import time

PRODUCE, LIST_OFFSETS, METADATA, API_VERSIONS, CREATE_TOPICS = 0, 2, 3, 18, 19
VERSIONS = {PRODUCE: 7, LIST_OFFSETS: 1, METADATA: 4, API_VERSIONS: 0, CREATE_TOPICS: 4}
TOPIC = b"perf-instructions"
NAME = struct.pack(">h", len(TOPIC)) + TOPIC


class Broker:
    def __init__(self, given: dict[str, str]) -> None:
        self.port, self.work, self.loses, self.dies_after = (
            int(given.get(name, 0)) for name in ("--port", "--work", "--loses", "--dies-after")
        )
        self.produced = 0

    def answer(self, key: int) -> bytes:
        """Give the body of an answer to a request of this kind."""
        stored = self.produced - min(self.loses, self.produced)
        if key == PRODUCE:
            for _ in range(self.work):
                pass
            self.produced += 1
            if self.produced == self.dies_after:
                sys.exit("the disk is on fire")
            return struct.pack(">i", 1) + NAME + struct.pack(">iihqqqi", 1, 0, 0, self.produced, -1, 0, 0)
        if key == API_VERSIONS:
            ranges = (struct.pack(">hhh", k, v, v) for k, v in VERSIONS.items())
            return struct.pack(">hi", 0, len(VERSIONS)) + b"".join(ranges)
        if key == METADATA:
            node = struct.pack(">iii", 0, 1, 1) + struct.pack(">h9s", 9, b"127.0.0.1")
            node += struct.pack(">ihhii", self.port, -1, -1, 1, 1)
            return node + struct.pack(">h", 0) + NAME + struct.pack(">bihiiiiii", 0, 1, 0, 0, 1, 1, 1, 1, 1)
        if key == LIST_OFFSETS:
            # Asked for the earliest offset and for the latest in turn; only the difference is looked at.
            return struct.pack(">i", 1) + NAME + struct.pack(">iihqq", 1, 0, 0, -1, stored)
        return struct.pack(">ii", 0, 1) + NAME + struct.pack(">hh", 0, -1)

    def requests(self, data: bytes) -> tuple[bytes, bytes]:
        """Give the answers to all whole requests, and what is left of the last one."""
        answers = []
        while len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[:4], "big"):
            size, key, _version, correlation = struct.unpack_from(">ihhi", data)
            if key == LIST_OFFSETS and data[4 + size - 8 : 4 + size] == struct.pack(">q", -2):
                body = struct.pack(">i", 1) + NAME + struct.pack(">iihqq", 1, 0, 0, -1, 0)
            else:
                body = self.answer(key)
            answers.append(struct.pack(">ii", 4 + len(body), correlation) + body)
            data = data[4 + size :]
        return b"".join(answers), data


def main() -> None:
    given = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    broker, wait_s = Broker(given), float(given.get("--wait-ms", 0)) / 1e3
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", broker.port))
    listener.listen()
    # Neither select() nor a handler of SIGTERM: under valgrind, a signal does not fit the stack of the one, and the
    # other may be told only when the next client comes.
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    open_: dict[int, tuple[_socket.socket, bytes]] = {}
    while True:
        for fd, _ in poll.poll():
            if fd == listener.fileno():
                one = _socket.socket(fileno=listener._accept()[0])
                open_[one.fileno()] = one, b""
                poll.register(one, select.POLLIN)
                continue
            one, unread = open_[fd]
            part = one.recv(1 << 16)
            if not part:
                poll.unregister(one)
                del open_[fd]
                one.close()
                continue
            answers, rest = broker.requests(unread + part)
            open_[fd] = one, rest
            if answers:
                time.sleep(wait_s)
                one.sendall(answers)


main()
