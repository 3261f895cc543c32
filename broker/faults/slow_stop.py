"""A stop waits out a grace period, whether or not there is anything to wait for.

From beyond the catalogue. Strength: seconds. To be seen: a broker that is asked to stop, as in each roll of a cluster,
takes that much longer; nothing else.
"""

from __future__ import annotations

import time

from broker.faults.fault import Fault, Part
from broker.wal.log import Log


def _parts(strength: float) -> tuple[Part, ...]:
    class Lingering(Log):
        def close(self) -> None:
            super().close()
            time.sleep(strength)

    return (Lingering,)


FAULT = Fault(
    mechanism="a stop waits out a grace period",
    incident="beyond the catalogue",
    unit="s",
    full=2,
    moves=("stop_time",),
    culprit="frame close",
    parts=_parts,
)
