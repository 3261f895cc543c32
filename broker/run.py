"""A broker's life: start-up in order, the line that says it is ready, and its end."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import uvloop

from broker.config import BrokerConfig
from broker.metadata import MetadataError, open_store
from broker.metrics import serve_metrics
from broker.parts import parts_of
from broker.server import Server
from broker.telemetry import NoTelemetry, Telemetry

_DRAIN_S = 0.3


class StartError(Exception):
    """The broker cannot run here; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Options:
    """``port`` and ``metrics_port`` 0 mean one that is free."""

    version: str
    config: BrokerConfig
    data_dir: Path
    host: str
    port: int
    metrics_port: int


def run(options: Options) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartError."""
    _claim(options.data_dir, options.config.metadata.store)
    loop = uvloop.new_event_loop()
    try:
        loop.run_until_complete(_serve(options, loop))
    finally:
        loop.close()


def _claim(data_dir: Path, store: str) -> None:
    """Make the data directory, lock it for this process and its metadata store. Raises StartError."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        # Kept open until the process ends: the lock goes with it, however it ends.
        fd = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(f"data directory {data_dir} is in use by another broker") from error
        written_with = os.pread(fd, 64, 0).decode().strip()
        if not written_with:
            os.pwrite(fd, f"{store}\n".encode(), 0)
            os.fsync(fd)
        elif written_with != store:
            raise StartError(
                f"data directory {data_dir} was written with metadata store {written_with}, "
                f"not {store}; choose another directory"
            )
    except OSError as error:
        raise StartError(f"data directory {data_dir} cannot be written: {error.strerror}") from error


def _listen(host: str, port: int, what: str) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StartError(f"{what} port {port} on {host} cannot be opened: {reason}") from error
    return listener


async def _serve(options: Options, loop: asyncio.AbstractEventLoop) -> None:
    config = options.config
    listener = _listen(options.host, options.port, "Kafka")
    telemetry = Telemetry() if config.telemetry.enabled else NoTelemetry()
    metrics = _listen(options.host, options.metrics_port, "metrics") if config.telemetry.enabled else None
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    telemetry.watch(loop)
    parts = parts_of(config)
    store = open_store(config, options.data_dir)
    log = parts.log(
        options.data_dir / "wal",
        config.wal,
        loop,
        parts.group_commit,
        on_commit=lambda commit: server.on_commit(commit),
        on_failure=lambda logs: server.on_failure(logs),
    )
    server = parts.server(config, store, log, telemetry, loop, parts.produce, parts.fetch, parts.topics)
    try:
        await store.start()
        log.open(store.topics().values())
        for partition in log.partitions():
            store.update_partition_offset(
                partition.topic, partition.partition, partition.synced_end, partition.start_offset
            )
    except MetadataError as error:
        raise StartError(str(error)) from error
    except OSError as error:
        raise StartError(
            f"data directory {options.data_dir} cannot be used: {error.strerror or error}"
        ) from error
    server.address = (options.host, listener.getsockname()[1])
    accepting = await loop.create_server(lambda: parts.connection(server), sock=listener)
    if metrics is not None:
        serve_metrics(metrics, telemetry, server)
    _say_ready(options, server.address[1], metrics.getsockname()[1] if metrics is not None else None)
    await stop.wait()
    accepting.close()
    log.close()
    # The last commits' outcomes are callbacks that still have to run, and their replies to leave.
    await asyncio.sleep(0)
    await _drain(server)
    await store.close()


async def _drain(server: Server) -> None:
    for connection in tuple(server.connections):
        connection.close()
    deadline_s = asyncio.get_running_loop().time() + _DRAIN_S
    while server.connections and asyncio.get_running_loop().time() < deadline_s:
        await asyncio.sleep(0.005)
    for connection in tuple(server.connections):
        connection.abort()


def _say_ready(options: Options, port: int, metrics_port: int | None) -> None:
    ready = {
        "event": "ready",
        "host": options.host,
        "port": port,
        "metrics_port": metrics_port,
        "version": options.version,
        "pid": os.getpid(),
        "config": options.config.flat(),
    }
    try:
        print(json.dumps(ready), flush=True)
    except BrokenPipeError:
        # Nobody reads; that is no reason not to serve.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
