"""Whether messages come back as they were sent: no figure of a load looks into what it has stored."""

from __future__ import annotations

import os
import time

from chronik_perf.load.asking.log import PROBE_S, AskedLog, acknowledge
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, records
from chronik_perf.load.wire.connection import WireConnection
from chronik_perf.model import Measured, Unavailable

MESSAGES, VALUE_BYTES = 100, 1000
_LOOK_S = 0.005


def altered(log: AskedLog) -> Measured:
    """Send messages of random bytes, and count those that are not what is read at the offset they were given.

    One that is not to be had within `PROBE_S` counts as well.
    """
    values = [os.urandom(VALUE_BYTES) for _ in range(MESSAGES)]
    give_up_ns = clock_ns() + PROBE_S * 1e9
    with log.connect() as connection:
        offsets = _stored(log, connection, values)
        there: dict[int, bytes] = {}
        at, last = min(offsets), max(offsets)
        while at <= last and clock_ns() < give_up_ns:
            batches = log.read(connection, at)
            if not batches:  # acknowledged, and not to be read yet
                time.sleep(_LOOK_S)
                continue
            try:
                there |= connection.understood(protocol.FETCH, batches, records.values)
            except records.Compressed:
                return Unavailable("it compresses what was sent as it is")
            at = connection.understood(protocol.FETCH, batches, records.offset_after)
    return float(sum(there.get(offset) != value for offset, value in zip(offsets, values, strict=True)))


def _stored(log: AskedLog, connection: WireConnection, values: list[bytes]) -> list[int]:
    """Send values in one piece, and give the offset of each, in whatever order the acknowledgements come."""
    sent = connection.send(*(log.message(value) for value in values))
    offsets = dict(acknowledge(connection) for _ in sent)
    return [offsets.get(one, -1) for one in sent]
