"""Double decode: every batch is parsed a second time, down to its records, and cloned for replication.

From the catalogue: v2.2.0 dev, throughput −60 %. Strength: further decodes of each batch. Compressed records are
cloned only. To be seen: CPU per message and the decode stage go up with the number of messages in a batch;
commits, syncs and tasks stay. A batch whose records are not what its header says ends its connection.
"""

from __future__ import annotations

from broker.connection import Connection
from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce
from broker.protocol.codec import ProtocolError
from broker.replies import PartReply, ProduceReply
from broker.wal.partition import PartitionLog
from broker.wal.record import BATCH, BATCH_HEADER_BYTES

_CODEC = 7


def decode_records(records: bytes, count: int) -> list[bytes]:
    """Clones of the records of a batch that is not compressed. Raises ProtocolError."""
    cloned: list[bytes] = []
    at = 0
    for _ in range(count):
        length, at = _varint(records, at)
        end = at + length
        attributes = at + 1
        _, key_at = _varint(records, attributes)
        _, key_at = _varint(records, key_at)
        key_bytes, value_at = _varint(records, key_at)
        value_bytes, value_at = _varint(records, value_at + max(key_bytes, 0))
        if length <= 0 or end > len(records) or value_at + max(value_bytes, 0) > end:
            raise ProtocolError("a record is not whole")
        cloned.append(records[at:end])
        at = end
    return cloned


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
    raise ProtocolError("a record is not whole")


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class DecodingTwice(Produce):
        def _take(
            self,
            connection: Connection,
            log: PartitionLog,
            reply: ProduceReply | PartReply | None,
            data: bytes,
            begin: int,
            stop: int,
        ) -> None:
            for _ in range(often.times() if stop - begin >= BATCH_HEADER_BYTES else 0):
                header = BATCH.unpack_from(data, begin)
                clone = bytes(memoryview(data)[begin + BATCH_HEADER_BYTES : stop])
                if not header[4] & _CODEC:
                    decode_records(clone, header[10])
            super()._take(connection, log, reply, data, begin, stop)

    return (DecodingTwice,)


FAULT = Fault(
    mechanism="every batch is decoded and cloned a second time",
    incident="v2.2.0 dev",
    unit="further decodes per batch",
    full=4,
    moves=("cpu_per_message", "throughput"),
    culprit="frame decode_records",
    parts=_parts,
)
