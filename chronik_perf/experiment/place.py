"""Where a comparison runs: cores, the disk under the brokers' data, and what the machine says about itself."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chronik_perf.model import Environment, MeasurementFailed, Workload
from chronik_perf.sampling.machine import choose_cores, environment


@dataclass(frozen=True, slots=True)
class Place:
    """Cores for broker and load, the folder for the brokers' data and the one for their logs.

    `client_config` is what every load sets beside its workload, for TLS and SASL; it holds secrets.
    """

    broker_core: int | None
    load_core: int | None
    data_root: Path
    logs: Path
    environment: Environment
    client_config: Mapping[str, str] | None = field(default=None, repr=False)


def choose_place(
    data_root: Path,
    logs: Path,
    workloads: tuple[Workload, ...],
    *,
    allow_tmpfs: bool,
    clients: dict[str, str],
    starts: bool = True,
    client_config: Mapping[str, str] | None = None,
) -> Place:
    """Choose cores, look at the disk, and record the machine.

    Where no broker is started (`starts` is False) none gets a core, and no data lie here.

    Raises MeasurementFailed if the data would lie on tmpfs, where a sync is free and acks=1 means nothing
    (unless `allow_tmpfs`), or if the folder cannot be made.
    """
    try:
        data_root.mkdir(parents=True, exist_ok=True)
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MeasurementFailed(
            f"cannot make the folder {data_root}: {error.strerror}; choose another with --out"
        ) from None
    broker_core, load_core, core_warning = choose_cores()
    if not starts:
        broker_core = None
    told = environment(
        data_root, broker_core=broker_core, load_core=load_core, clients=clients, warnings=core_warning
    )
    if starts and told.filesystem == "tmpfs" and any(w.acks != 0 for w in workloads) and not allow_tmpfs:
        raise MeasurementFailed(
            f"{data_root} is on tmpfs, where a sync costs nothing, so acks=1 would not be measured; "
            "choose a folder on a disk with --data-dir, or insist with --allow-tmpfs"
        )
    return Place(broker_core, load_core, data_root, logs, told, client_config)


@contextlib.contextmanager
def beside_the_load(place: Place) -> Iterator[None]:
    """Leave the broker its core to itself: this process's looking and drawing is done beside the load."""
    affinity = os.sched_getaffinity(0)
    try:
        if place.load_core is not None:
            os.sched_setaffinity(0, {place.load_core})
        yield
    finally:
        os.sched_setaffinity(0, affinity)


@contextlib.contextmanager
def no_data_left(place: Place) -> Iterator[None]:
    """Delete at the end what the brokers have stored."""
    try:
        yield
    finally:
        shutil.rmtree(place.data_root, ignore_errors=True)


def check_free_space(place: Place, needed_bytes: int) -> None:
    """Refuse to begin a block that the disk cannot hold. Raises MeasurementFailed."""
    free_bytes = shutil.disk_usage(place.data_root).free
    if free_bytes < needed_bytes:
        raise MeasurementFailed(
            f"the disk under {place.data_root} has {free_bytes / 1e9:.1f} GB free and a block may write "
            f"{needed_bytes / 1e9:.1f} GB; free some, or choose another disk with --data-dir"
        )


def delete_data(folder: Path) -> None:
    """Delete a broker's data and let the file system settle, so that the next start does not pay for it."""
    shutil.rmtree(folder, ignore_errors=True)
    fd = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # syncfs flushes this file system alone; sync would wait for every disk of the machine.
        if ctypes.CDLL(None, use_errno=True).syncfs(fd) != 0:
            os.sync()
    finally:
        os.close(fd)
