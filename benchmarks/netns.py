"""Whether loopback is as fast in a network namespace, where `--netns` puts brokers and loads, as outside.

Each block has three servers, each a process started afresh: one in a namespace made for it, and two outside, whose
ratio shows what is noise. Windows of all three follow each other in random order, again and again: round trips of 256
bytes, which one client waits for, and bulk, 64 KiB at a time. A block's ratio is the median over its rounds, in each of
which all had a window; printed is the mean over blocks with its standard error. It takes about 4 s a block, needs the
right to make namespaces, and wants the machine to itself.

    python -m benchmarks.netns [--blocks 30] [--rounds 60] [--seconds 0.01]
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from chronik_perf.network import HOST, Network, why_no_namespace
from chronik_perf.sampling.machine import choose_cores

ADDRESS = "127.0.0.1"
MESSAGE, CHUNK = b"m" * 256, b"b" * (64 << 10)
KINDS = ("outside", "outside again", "namespace")
# Answers a message with as many bytes, and a bulk, which is told by its first byte, with one byte when it is all there.
SERVER = f"""
import os, socket, sys
if sys.argv[1] != "-": os.sched_setaffinity(0, {{int(sys.argv[1])}})
listener = socket.create_server(("{ADDRESS}", 0))
print(listener.getsockname()[1], flush=True)
peer, _ = listener.accept()
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while data := peer.recv(1 << 16):
    if data[:1] == b"m":
        peer.sendall(data)
    else:
        left = {len(CHUNK)} - len(data)
        while left and (data := peer.recv(left)): left -= len(data)
        peer.sendall(b".")
"""


@contextlib.contextmanager
def server(network: Network, core: int | None) -> Iterator[socket.socket]:
    """Start a server in a network, and give a connection to it, which is in it, too."""
    words = [sys.executable, "-I", "-S", "-c", SERVER, "-" if core is None else str(core)]
    with network.entered():
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        try:
            client = socket.create_connection((ADDRESS, int(process.stdout.readline())), timeout=10)
        except BaseException:
            process.kill()
            raise
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield client
    finally:
        client.close()
        with process:
            process.kill()


def round_trips_a_second(client: socket.socket, seconds: float) -> float:
    """Send a message and wait for it, again and again."""
    done, begun = 0, time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        client.sendall(MESSAGE)
        left = len(MESSAGE)
        while left:
            left -= len(client.recv(left))
        done += 1
    return done / (now - begun)


def bulk_mb_a_second(client: socket.socket, seconds: float) -> float:
    """Send chunks, each awaited by the server's byte."""
    done, begun = 0, time.perf_counter()
    while (now := time.perf_counter()) - begun < seconds:
        client.sendall(CHUNK)
        client.recv(1)
        done += len(CHUNK)
    return done / 1e6 / (now - begun)


LOADS = {"round trips of 256 B": round_trips_a_second, "bulk": bulk_mb_a_second}


def block(rounds: int, seconds: float, core: int | None) -> dict[str, dict[str, list[float]]]:
    """Give what each load and kind came to in each round, from servers started afresh."""
    seen: dict[str, dict[str, list[float]]] = {load: {kind: [] for kind in KINDS} for load in LOADS}
    with contextlib.ExitStack() as up:
        own = up.enter_context(contextlib.closing(Network.new()))
        networks = dict(zip(KINDS, (HOST, HOST, own), strict=True))
        clients = {
            kind: up.enter_context(server(networks[kind], core)) for kind in random.sample(KINDS, len(KINDS))
        }
        for load, measure in LOADS.items():
            for client in clients.values():
                measure(client, 0.05)  # warm
            for _ in range(rounds):
                for kind in random.sample(KINDS, len(KINDS)):
                    seen[load][kind].append(measure(clients[kind], seconds))
    return seen


def ratio(blocks: list[dict[str, list[float]]], kind: str) -> str:
    """Say the ratio of a kind to the outside, over blocks."""
    logs = [
        statistics.median(math.log(x / y) for x, y in zip(one[kind], one[KINDS[0]], strict=True))
        for one in blocks
    ]
    error = statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else math.nan
    return f"{kind} / {KINDS[0]} = {math.exp(statistics.fmean(logs)):.4f} (standard error {error:.2%})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--blocks", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=0.01)
    given = parser.parse_args()
    if why := why_no_namespace():
        raise SystemExit(f"no network namespace can be made: {why}")
    server_core, own_core, _ = choose_cores()
    if own_core is not None:
        os.sched_setaffinity(0, {own_core})
    blocks = [block(given.rounds, given.seconds, server_core) for _ in range(given.blocks)]
    for load in LOADS:
        of_load = [one[load] for one in blocks]
        level = statistics.median(x for one in of_load for x in one[KINDS[0]])
        print(
            f"{load}: {level:,.0f} {'MB' if load == 'bulk' else 'of them'} a second outside, {len(of_load)} blocks"
        )
        for kind in KINDS[1:]:
            print(f"  {ratio(of_load, kind)}")


if __name__ == "__main__":
    main()
