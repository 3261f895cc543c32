"""How a broker takes what a load of small batches never sends: one large request; and what it writes for what it got.

Asked of a topic that is filled with the same on every broker, see `filled`.
"""

from __future__ import annotations

import time

from chronik_perf.load.asking.log import ANSWER_S, AskedLog, accepted, median_ms
from chronik_perf.load.wire import protocol, responses

# Brokers take a batch of 1 MiB by default, its header and the request around it included.
LARGE_BYTES = 900_000
LARGE_ROUNDS = 7


def large_batch_ms_per_mb(log: AskedLog) -> float:
    """Give the median time until a large record batch is acknowledged, one at a time, acks=1, for each 10^6 bytes."""
    batch = protocol.record_batch(bytes(LARGE_BYTES), int(time.time() * 1e3))
    body = protocol.produce_body(log.topic, log.partition, 1, int(ANSWER_S * 1e3), batch)
    with log.connect() as connection:

        def store(_: int) -> None:
            error, _offset = connection.ask(protocol.PRODUCE, body, responses.read_produce, ANSWER_S)
            accepted(connection, protocol.PRODUCE, error)

        return median_ms(LARGE_ROUNDS, store) / (LARGE_BYTES / 1e6)
