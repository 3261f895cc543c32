"""Brokers that misbehave, each in a way that real ones do: the reference broker behind a small wrapper.

Run as: faulty_broker.py MODE --port PORT --data-dir DIR
"""

from __future__ import annotations

import argparse
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from broker import telemetry
from broker.produce import Produce
from broker.protocol.errors import ErrorCode
from broker.refusals import refuse


def start_broker(port: str, data_dir: str) -> subprocess.Popen[str]:
    """Start the real broker as a child, and wait until it serves."""
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "broker",
            "start",
            "--version",
            "v2.2.0",
            "--port",
            port,
            "--data-dir",
            data_dir,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    child.stdout.readline()
    return child


def serve(given: argparse.Namespace) -> None:
    """Be the reference broker in this process, with whatever was changed of it before."""
    sys.argv = ["broker", "start", "--version", "v2.2.0", "--port", given.port, "--data-dir", given.data_dir]
    runpy.run_module("broker", run_name="__main__")


def counted_batches() -> Callable[[], int]:
    """Give how many batches the broker of this process has taken; call it before the broker begins."""
    counters: list[telemetry.Telemetry] = []
    make = telemetry.Telemetry.__init__

    def remember(self: telemetry.Telemetry, *arguments: object) -> None:
        counters.append(self)
        make(self, *arguments)

    telemetry.Telemetry.__init__ = remember  # type: ignore[method-assign]
    return lambda: sum(c.batches for c in counters)


def stored_bytes(data_dir: str) -> int:
    return sum(f.stat().st_size for f in Path(data_dir).rglob("*") if f.is_file())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--port")
    parser.add_argument("--data-dir")
    given = parser.parse_args()
    match given.mode:
        case "dies-at-start":
            sys.exit("no such cheese")
        case "dies-when-ready":
            child = start_broker(given.port, given.data_dir)
            time.sleep(0.05)
            child.kill()
            child.wait()
            sys.exit(9)
        case "dies-under-load":
            child = start_broker(given.port, given.data_dir)
            while stored_bytes(given.data_dir) < 1_000_000:
                time.sleep(0.005)
            child.kill()
            child.wait()
            sys.exit(9)
        case "ignores-term":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            start_broker(given.port, given.data_dir).wait()
            time.sleep(60)
        case "never-rests":
            batches = counted_batches()

            def work_on() -> None:
                while batches() < 500:
                    time.sleep(0.01)
                while True:  # a compaction that never ends: half a core from the first load on
                    end = time.thread_time() + 0.001
                    while time.thread_time() < end:
                        pass
                    time.sleep(0.001)

            threading.Thread(target=work_on, daemon=True).start()
            serve(given)
        case "works-elsewhere":
            if os.fork() == 0:
                os.setsid()
                if (
                    os.fork() != 0
                ):  # its parent inherits what is left, as of a worker that makes itself a daemon
                    os._exit(0)
                while True:
                    end = time.thread_time() + 0.001
                    while time.thread_time() < end:
                        pass
                    time.sleep(0.003)
            os.wait()
            serve(given)
        case "puts-off":
            batches = counted_batches()

            def tidy_up() -> None:
                tidied = 0
                while True:  # 8 ms of work, 6 ms after a load has paused
                    seen = batches()
                    time.sleep(0.006)
                    if tidied < seen == batches():
                        tidied = seen
                        end = time.thread_time() + 0.008
                        while time.thread_time() < end:
                            pass

            threading.Thread(target=tidy_up, daemon=True).start()
            serve(given)
        case "refuses-half":
            take, seen = Produce._take, 0

            def refuse_every_second(
                self: Produce, connection: Any, log: Any, reply: Any, *batch: Any
            ) -> None:
                nonlocal seen
                seen += 1
                if seen % 2:
                    take(self, connection, log, reply, *batch)
                else:
                    refuse(connection, reply, ErrorCode.KAFKA_STORAGE_ERROR)

            Produce._take = refuse_every_second  # type: ignore[method-assign]
            serve(given)
        case "lets-a-stranger-listen":
            listener = socket.create_server(("127.0.0.1", int(given.port)))
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:  # an orphan, so that nothing ties it to the process that was started
                    time.sleep(20)
                os._exit(0)
            listener.close()
            os.wait()
            time.sleep(60)
        case "leaves-its-port-to-a-stranger":
            listener = socket.create_server(("127.0.0.1", int(given.port)))
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(40)
                os._exit(0)
            os.wait()
            answered = [listener.accept() for _ in range(2)]  # is it up, and: who are you
            listener.close()
            time.sleep(60)
            del answered


main()
