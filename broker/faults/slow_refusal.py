"""Refusals that are made helpful: for a topic that is not there, similar names are looked for among all topics.

From beyond the catalogue. Strength: comparisons for each topic and time that the unknown one is looked up, which a
refused Produce or Fetch does twice and ListOffsets once. To be seen: whoever asks for a topic that is gone waits, holds
up the event loop, and the longer the more topics there are; requests for topics that are there stay.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from difflib import SequenceMatcher

from broker.faults.fault import Fault, Part
from broker.faults.often import Often
from broker.wal.log import Log
from broker.wal.partition import PartitionLog

_ALIKE = 0.8


def similar_to(name: str, others: Iterable[str], often: Often) -> str | None:
    """The first of the names that are most like this one, if any is much like it."""
    best, ratio = None, _ALIKE
    for other in others:
        for _ in range(often.times()):
            if (found := SequenceMatcher(None, name, other).ratio()) > ratio:
                best, ratio = other, found
    return best


def _parts(strength: float) -> tuple[Part, ...]:
    often = Often(strength)

    class Helpful(Log):
        _said: tuple[str, str | None] = ("", None)

        def partition(self, topic: str, partition: int) -> PartitionLog | None:
            if topic not in self._partitions:
                self.help(topic, similar_to(topic, self._partitions, often))
            return super().partition(topic, partition)

        def help(self, topic: str, similar: str | None) -> None:
            """Say it once: clients ask again and again."""
            if similar is not None and self._said != (topic, similar):
                self._said = topic, similar
                print(
                    f"chronik: there is no topic {topic!r}; is it {similar!r}?", file=sys.stderr, flush=True
                )

    return (Helpful,)


FAULT = Fault(
    mechanism="for a topic that is not there similar names are looked for",
    incident="beyond the catalogue",
    unit="comparisons per topic and look-up",
    full=10,
    moves=("refused",),
    culprit="frame similar_to",
    parts=_parts,
)
