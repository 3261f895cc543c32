"""A snapshot of the state machine: one file with one checked record, replaced as a whole.

pysyncobj would fork for it, which a process with threads and an event loop must not do, and pickle it
without a checksum; given a serialiser of ours it calls that in the Raft thread instead.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broker.metadata.interface import MetadataError
from broker.metadata.journal import MAGIC, Entry, Kind, record, records, write_all


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state and the last two entries that it holds, which is where the journal goes on."""

    state: dict[str, Any]
    previous: Entry
    last: Entry


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Write and sync a file; naming it is up to the caller. Raises OSError."""
    entries = [[command.hex(), index, term] for command, index, term in (snapshot.previous, snapshot.last)]
    body = json.dumps({"state": snapshot.state, "entries": entries}, separators=(",", ":")).encode()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        write_all(fd, MAGIC + record(Kind.SNAPSHOT, snapshot.last[1], snapshot.last[2], body))
        os.fsync(fd)
    finally:
        os.close(fd)


def read_snapshot(path: Path) -> Snapshot | None:
    """The snapshot, or None where there is no file yet. Raises MetadataError, OSError.

    It was synced before it got its name, so one that is not whole is damaged.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    found = list(records(data, path)) if data.startswith(MAGIC) else []
    if len(found) != 1 or found[0][0] is not Kind.SNAPSHOT or found[0][4] != len(data):
        raise MetadataError(
            f"the metadata snapshot {path} is damaged; restore the metadata folder from a copy"
        )
    content = json.loads(found[0][3])
    previous, last = ((bytes.fromhex(command), index, term) for command, index, term in content["entries"])
    return Snapshot(content["state"], previous, last)
