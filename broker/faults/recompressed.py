"""Compressed batches are taken apart and compressed again: for a check, or for a format that they have already.

From beyond the catalogue; brokers do so where topic and producer disagree on a codec, and some always. Strength:
the share of a batch that is compressed again, all of which is taken apart. To be seen: a compressed batch takes its
time of CPU before it is acknowledged, and so do those beside it; all that is not compressed stays, which is what
loads of random bytes are.
"""

from __future__ import annotations

import gzip

from broker.faults.fault import Fault, Part
from broker.produce import Produce

_ATTRIBUTES = 4
_CODEC, _GZIP = 0x07, 1
# What the checksum covers and is not compressed: attributes to number of records.
_HEAD_BYTES = 40


def compressed_again(records: bytes, share: float) -> bytes:
    """Take the records of a batch apart, and put so much of them together as before."""
    plain = gzip.decompress(records)
    return gzip.compress(plain[: int(share * len(plain))])


def _parts(strength: float) -> tuple[Part, ...]:
    class Recompressing(Produce):
        def finish(self, begun_s: float) -> None:
            for _, _, _, header, rest in self._incoming:
                if header[_ATTRIBUTES] & _CODEC == _GZIP:
                    compressed_again(rest[_HEAD_BYTES:], strength)
            super().finish(begun_s)

    return (Recompressing,)


FAULT = Fault(
    mechanism="a compressed batch is compressed again",
    incident="beyond the catalogue",
    unit="share of a compressed batch",
    full=1,
    moves=("compressed_batch",),
    culprit="frame compressed_again",
    parts=_parts,
    at_most=1,
)
