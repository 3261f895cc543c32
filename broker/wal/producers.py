"""What a partition knows of its idempotent producers, so that a batch sent twice is stored once."""

from __future__ import annotations

from collections import OrderedDict, deque

from broker.protocol.errors import ErrorCode

_REMEMBERED_BATCHES = 5
_REMEMBERED_PRODUCERS = 10_000
_SEQUENCES = 1 << 31


class Producers:
    """The last batches of each idempotent producer: five each, as clients keep at most five in flight."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[int, tuple[int, deque[tuple[int, int, int]]]] = OrderedDict()

    def admit(self, producer_id: int, epoch: int, sequence: int, count: int) -> int | ErrorCode | None:
        """None for a batch to store, the base offset of one stored before, or the error of a misplaced one.

        Sequence numbers wrap at 2**31. A producer that is not remembered may begin anywhere.
        """
        known = self._by_id.get(producer_id)
        if known is None or epoch > known[0]:
            return None
        if epoch < known[0]:
            return ErrorCode.INVALID_PRODUCER_EPOCH
        for first, length, base_offset in known[1]:
            if first == sequence and length == count:
                return base_offset
        first, length, _ = known[1][-1]
        return None if sequence == (first + length) % _SEQUENCES else ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER

    def note(self, producer_id: int, epoch: int, sequence: int, count: int, base_offset: int) -> None:
        """Remember a batch that was given its offset; the least recent producer is forgotten when full."""
        known = self._by_id.get(producer_id)
        if known is None or known[0] != epoch:
            known = (epoch, deque(maxlen=_REMEMBERED_BATCHES))
            self._by_id[producer_id] = known
            if len(self._by_id) > _REMEMBERED_PRODUCERS:
                self._by_id.popitem(last=False)
        known[1].append((sequence, count, base_offset))
        self._by_id.move_to_end(producer_id)
