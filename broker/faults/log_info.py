"""Logging at INFO in the hot path: a line is formatted, written to stderr and flushed for every batch.

From the catalogue: v2.2.9 dev and again v2.2.18. Strength: lines for each batch. To be seen: CPU per message and
the decode stage go up, the broker's log grows; commits, syncs and tasks stay.
"""

from __future__ import annotations

import logging

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce
from broker.replies import PartReply, ProduceReply
from broker.wal.partition import PartitionLog


def _logger() -> logging.Logger:
    logger = logging.getLogger("broker.produce")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    return logger


def _parts(strength: float) -> tuple[Part, ...]:
    often, logger = Often(strength), _logger()

    class Logging(Produce):
        def _take(
            self,
            connection: Connection,
            log: PartitionLog,
            reply: ProduceReply | PartReply | None,
            data: bytes,
            begin: int,
            stop: int,
        ) -> None:
            for _ in range(often.times()):
                logger.info("a batch of %d bytes for %s-%d", stop - begin, log.topic, log.partition)
            super()._take(connection, log, reply, data, begin, stop)

    return (Logging,)


FAULT = Fault(
    mechanism="a line is logged at INFO for every batch",
    incident="v2.2.9 dev, v2.2.18",
    unit="lines per batch",
    full=5,
    moves=("cpu_per_message", "throughput"),
    culprit="frame info",
    parts=_parts,
)
