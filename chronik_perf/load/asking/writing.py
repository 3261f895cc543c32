"""How a broker takes what a load of small batches never sends: one large request.

Asked of a topic that is filled with the same on every broker, see `filled`.
"""

from __future__ import annotations

from chronik_perf.load.asking.log import AskedLog, median_ms

# Brokers take a batch of 1 MiB by default, its header and the request around it included.
LARGE_BYTES = 900_000
LARGE_ROUNDS = 7


def large_batch_ms(log: AskedLog) -> float:
    """Give the median time until a large record batch is acknowledged, one at a time, acks=1."""
    message = log.message(bytes(LARGE_BYTES))
    with log.connect() as connection:
        return median_ms(LARGE_ROUNDS, lambda _: log.store(connection, message))
