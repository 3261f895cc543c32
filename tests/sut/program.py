"""A small server that stands for a broker: serves its port and behaves as its MODE says.

Run as: program.py MODE --port PORT [--data-dir DIR]. It needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time


def serve(listener: socket.socket) -> None:
    """Accept and greet whoever comes, for ever."""
    while True:
        connection, _ = listener.accept()
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data-dir")
    parser.add_argument("--say", default="")
    given = parser.parse_args()
    mode = given.mode
    if mode == "dies-at-start":
        print("config says: no such cheese", file=sys.stderr)
        sys.exit(3)
    if mode == "refuses-its-flags":
        print("flag provided but not defined: -port\nUsage of broker:", file=sys.stderr)
        print("\n".join(f"  --flag-{n} VALUE" for n in range(2000)), file=sys.stderr)
        sys.exit(2)
    if mode == "never-ready":
        time.sleep(60)
    if mode == "behind-a-wrapper":
        sys.exit(subprocess.call([sys.executable, __file__, "plain", "--port", str(given.port)]))
    if mode == "leaves-a-daemon":
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(60)
            os._exit(0)
        os.wait()
    if mode == "ignores-term":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if mode == "comes-late":
        time.sleep(1)  # longer than the toolkit looks at whoever has the port before
    listener = socket.create_server(("127.0.0.1", given.port))
    if mode == "says-it-is-ready":
        time.sleep(0.5)  # as one that opens its port before it has recovered
        print("recovered 3 segments; ready in 12 ms", flush=True)
    if mode == "tells":
        told = {
            "port": listener.getsockname()[1],
            "metrics_port": 0,
            "config": {"wal.profile": "low", "raft": {"sync": True}},
            "environment": dict(os.environ),
        }
        print("starting", file=sys.stderr)
        print(json.dumps(told), flush=True)
    if mode == "dies-when-connected":
        listener.accept()
        print("fatal: somebody connected", file=sys.stderr)
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "dies-when-connected-twice":
        listener.accept()
        listener.accept()
        sys.exit(9)
    if mode == "stops-listening":
        listener.accept()
        listener.accept()
        listener.close()
        time.sleep(60)
    serve(listener)


main()
