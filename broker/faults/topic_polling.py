"""Topic creation that polls: whoever made a topic looks at intervals whether it is there.

From the catalogue: v2.2.8, topic creation 9,056 -> 1,396 msg/s, looking every 50 ms for a change of state. Strength:
milliseconds between looks. To be seen: a topic takes that long to make, also one that a producer asks for; produce,
fetch and CPU stay.
"""

from __future__ import annotations

import asyncio

from broker.faults.fault import Fault, Part
from broker.protocol.errors import ErrorCode
from broker.protocol.topics import NewTopic
from broker.topics import Topics


def _parts(strength: float) -> tuple[Part, ...]:
    class PollingTopics(Topics):
        async def create_one(self, new: NewTopic, *, validate_only: bool) -> tuple[ErrorCode, str | None]:
            made = asyncio.ensure_future(super().create_one(new, validate_only=validate_only))
            while True:
                await asyncio.sleep(strength / 1e3)
                if made.done():
                    return made.result()

    return (PollingTopics,)


FAULT = Fault(
    mechanism="whoever makes a topic polls until it is there",
    incident="v2.2.8 (topic creation 9,056 → 1,396 msg/s)",
    unit="ms between looks",
    full=50,
    moves=("topic_creation",),
    culprit="frame create_one",
    parts=_parts,
)
