"""Compressed batches are taken apart and compressed again: for a check, or for a format that they have already.

From beyond the catalogue; brokers do so where topic and producer disagree on a codec, and some always. Strength:
how often. To be seen: a compressed batch takes its time of CPU before it is acknowledged, and so do those beside it;
all that is not compressed stays, which is what loads of random bytes are.
"""

from __future__ import annotations

import gzip

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce

_ATTRIBUTES = 4
_CODEC, _GZIP = 0x07, 1
# What the checksum covers and is not compressed: attributes to number of records.
_HEAD_BYTES = 40


def compressed_again(records: bytes) -> bytes:
    """Take the records of a batch apart, and put them together as before."""
    return gzip.compress(gzip.decompress(records))


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Recompressing(Produce):
        def finish(self, begun_s: float) -> None:
            for _, _, _, header, rest in self._incoming:
                if header[_ATTRIBUTES] & _CODEC == _GZIP:
                    for _ in range(often.times()):
                        compressed_again(rest[_HEAD_BYTES:])
            super().finish(begun_s)

    return (Recompressing,)


FAULT = Fault(
    mechanism="a compressed batch is compressed again",
    incident="beyond the catalogue",
    unit="times per compressed batch",
    full=1,
    moves=("compressed_batch",),
    culprit="frame compressed_again",
    parts=_parts,
)
