"""A broker that forgets: what an idempotent producer has sent is not known any more when it sends it again.

From beyond the catalogue; it is what a lost snapshot of producers does. A fault of correctness. Strength: the share of
batches. To be seen: a message that is sent twice, as after an acknowledgement that was lost, is stored twice; nothing
else.
"""

from __future__ import annotations

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce
from broker.refusals import Header
from broker.replies import PartReply, ProduceReply
from broker.wal.partition import PartitionLog
from broker.wal.producers import Producers


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Forgetful(Produce):
        def _place(self, log: PartitionLog, reply: ProduceReply | PartReply | None, header: Header) -> int:
            if header[7] >= 0 and often.times():
                log.producers = Producers()
            return super()._place(log, reply, header)

    return (Forgetful,)


FAULT = Fault(
    mechanism="what idempotent producers have sent is forgotten",
    incident="beyond the catalogue: correctness",
    unit="share of batches",
    full=1,
    moves=("stored_again",),
    culprit="frame _place",
    parts=_parts,
    at_most=1,
)
