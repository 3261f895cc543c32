"""How soon a consumer that comes late has what was stored before: one that reads all, and one that seeks.

Asked of a topic that is filled with the same on every broker, see `filled`.
"""

from __future__ import annotations

import time

from chronik_perf.load.asking.log import PROBE_S, AskedLog, median_ms
from chronik_perf.load.driver import clock_ns
from chronik_perf.load.wire import protocol, records
from chronik_perf.model import Measured, Unavailable

# Less than so much says more of the round trip than of reading.
LEAST_BYTES = 1 << 20
SEEK_ROUNDS = 20
OFFSET_ROUNDS = 20
TIME_ROUNDS = 5
TOO_LITTLE = Unavailable("it has stored too little to be read")


def read_back_ms_per_mb(log: AskedLog) -> Measured:
    """Give the time that reading the log from its start takes, one Fetch after the other, for each 10^6 bytes.

    What this client does with an answer is not part of it.
    """
    read_bytes, took_ns = 0, 0
    with log.connect() as connection:
        offset = log.begin(connection)
        while took_ns < PROBE_S * 1e9:
            asked_ns = clock_ns()
            batches = log.read(connection, offset)
            took_ns += clock_ns() - asked_ns
            if not batches:
                break
            read_bytes += len(batches)
            offset = connection.understood(protocol.FETCH, batches, records.offset_after)
    return took_ns / read_bytes if read_bytes >= LEAST_BYTES else TOO_LITTLE


def seek_ms(log: AskedLog) -> Measured:
    """Give the median time of a Fetch of one batch, at offsets all over the log."""
    with log.connect() as connection:
        begin, end = log.begin(connection), log.end(connection)
        if end - begin <= SEEK_ROUNDS:
            return TOO_LITTLE
        offsets = [begin + (end - begin) * n // SEEK_ROUNDS for n in range(SEEK_ROUNDS)]
        return median_ms(SEEK_ROUNDS, lambda n: log.read(connection, offsets[n], 1))


def offsets_ms(log: AskedLog) -> float:
    """Give the median time until a connection has been told where the log ends."""
    with log.connect() as connection:
        return median_ms(OFFSET_ROUNDS, lambda _: log.end(connection))


def time_lookup_ms(log: AskedLog) -> float:
    """Give the median time until a connection has been told that nothing in the log is of now or later."""
    now_ms = int(time.time() * 1e3)
    with log.connect() as connection:
        return median_ms(TIME_ROUNDS, lambda _: log.at_time(connection, now_ms))
