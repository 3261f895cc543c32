"""What two faults share: submissions, the units that a commit takes, cut short."""

from __future__ import annotations

from broker.wal.log import Log
from broker.wal.partition import PartitionLog, Submission


def log_of_small_submissions(max_batches: int) -> type[Log]:
    """A log whose submissions hold ``max_batches`` at most."""

    class Splitting(Log):
        def filling(self, log: PartitionLog, base_offset: int, now_s: float) -> Submission:
            if log.filling is not None and log.filling.batches >= max_batches:
                self.submit(log)
            return super().filling(log, base_offset, now_s)

    return Splitting
