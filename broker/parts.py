"""The classes that a broker is composed of, chosen once at start-up."""

from __future__ import annotations

from dataclasses import dataclass

from broker.config import BrokerConfig
from broker.connection import Connection
from broker.fetch import Fetch
from broker.produce import Produce
from broker.server import Server
from broker.topics import Topics
from broker.wal.group_commit import GroupCommit
from broker.wal.log import Log


@dataclass(frozen=True, slots=True)
class Parts:
    """A fault that is switched on has put a subclass in the place of one or more."""

    server: type[Server] = Server
    connection: type[Connection] = Connection
    produce: type[Produce] = Produce
    fetch: type[Fetch] = Fetch
    topics: type[Topics] = Topics
    log: type[Log] = Log
    group_commit: type[GroupCommit] = GroupCommit


def parts_of(config: BrokerConfig) -> Parts:
    """The parts of a broker with this configuration. Without a fault no code of the faults is even imported."""
    strengths = {name: strength for name, strength in config.fault.items() if strength > 0}
    if not strengths:
        return Parts()
    from broker.faults.composing import with_faults

    return with_faults(Parts(), strengths)
