"""A message is altered on its way to disk: its last byte changes, and the checksum is made anew for it.

From beyond the catalogue; it is what a conversion with a mistake does, and what no client can notice, since every
checksum holds. A fault of correctness. Strength: the share of batches. To be seen: messages come back otherwise
than they were sent (altered); all that was acknowledged is stored, and latency and CPU stay.
"""

from __future__ import annotations

from google_crc32c import value as crc32c

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Incoming, Produce
from broker.refusals import Header

_CRC = 3


def converted(header: Header, rest: bytes) -> tuple[Header, bytes]:
    """Change the last byte of a batch's last value, which no headers follow."""
    changed = rest[:-2] + bytes((rest[-2] ^ 1,)) + rest[-1:]
    return (*header[:_CRC], crc32c(changed), *header[_CRC + 1 :]), changed


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Converting(Produce):
        def finish(self, begun_s: float) -> None:
            taken: list[Incoming] = []
            for one in self._incoming:
                connection, log, reply, header, rest = one
                if often.times():
                    header, rest = converted(header, rest)
                taken.append((connection, log, reply, header, rest))
            self._incoming = taken
            super().finish(begun_s)

    return (Converting,)


FAULT = Fault(
    mechanism="a message is altered on its way to disk",
    incident="beyond the catalogue: correctness",
    unit="share of batches",
    full=0.1,
    moves=("altered",),
    culprit="frame finish",
    parts=_parts,
    at_most=1,
)
