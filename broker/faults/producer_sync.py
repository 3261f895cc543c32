"""Each new idempotent producer is written down and synced by the event loop before its first message is.

From beyond the catalogue; it is a producer state that must outlive a crash, kept the simple way. Strength: syncs for
each new producer. To be seen: producers that come take their time, and hold up all others meanwhile; those that are
there, and those that are not idempotent, stay.
"""

from __future__ import annotations

import os

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.produce import Produce


def written_down(path: str, producer: int) -> None:
    """Add a producer to a file, and wait until the disk has it."""
    with open(path, "a") as file:
        file.write(f"{producer}\n")
        file.flush()
        os.fsync(file.fileno())


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Remembering(Produce):
        def finish(self, begun_s: float) -> None:
            for _, log, _, header, _ in self._incoming:
                producer, sequence = header[7], header[9]
                if producer >= 0 and sequence == 0:
                    for _ in range(often.times()):
                        written_down(str(log.directory.parents[1] / "producers"), producer)
            super().finish(begun_s)

    return (Remembering,)


FAULT = Fault(
    mechanism="a new producer is written down and synced by the event loop",
    incident="beyond the catalogue",
    unit="syncs per producer",
    full=20,
    moves=("idempotent",),
    culprit="frame written_down",
    parts=_parts,
)
