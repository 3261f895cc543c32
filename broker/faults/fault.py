"""What a fault says of itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from broker.connection import Connection
from broker.fetch import Fetch
from broker.produce import Produce
from broker.server import Server
from broker.topics import Topics
from broker.wal.group_commit import GroupCommit
from broker.wal.log import Log

Part: TypeAlias = (
    type[Server]
    | type[Connection]
    | type[Produce]
    | type[Fetch]
    | type[Topics]
    | type[Log]
    | type[GroupCommit]
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the bank. Its name is its module's; ``docs/faults.md`` is a table of these.

    ``unit`` is what a strength of 1 means and ``full`` the strength at which the fault is in full swing on two
    cores; ``at_most`` is the highest that has a meaning. ``moves`` are the figures that a tool should see move,
    ``culprit`` where it should find the cause: a stage of a produce or a function's frame. ``parts`` gives, for
    a strength, the subclasses that take the place of the parts they derive from.
    """

    mechanism: str
    incident: str
    unit: str
    full: float
    moves: tuple[str, ...]
    culprit: str
    parts: Callable[[float], tuple[Part, ...]]
    at_most: float = math.inf

    def described(self, name: str) -> dict[str, Any]:
        """All but the code, as JSON takes it; ``at_most`` is None where there is no bound."""
        return {
            "key": f"fault.{name}",
            "mechanism": self.mechanism,
            "incident": self.incident,
            "unit": self.unit,
            "full": self.full,
            "at_most": None if self.at_most == math.inf else self.at_most,
            "moves": list(self.moves),
            "culprit": self.culprit,
        }
