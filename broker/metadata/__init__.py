"""Metadata: topics, producer ids and partition offsets, behind one interface with two stores.

``MetadataStore`` is what the rest of the broker sees. ``metalog`` keeps the state in a dict and appends
events to a checksummed log; ``raft`` proposes the same events to a replicated state machine. In both,
what a client was told (topics, configurations, producer ids) is durable before it is told. Partition
offsets live in memory only: they are rebuilt from the WAL at start.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from broker.metadata.interface import (
    MetadataError,
    MetadataStore,
    PartitionOffsets,
    TopicExists,
    TopicRecord,
    UnknownTopic,
)

if TYPE_CHECKING:
    from broker.config import BrokerConfig

__all__ = [
    "MetadataError",
    "MetadataStore",
    "PartitionOffsets",
    "TopicExists",
    "TopicRecord",
    "UnknownTopic",
    "open_store",
]


def open_store(config: BrokerConfig, data_dir: Path) -> MetadataStore:
    """The store that ``config`` names, not yet started, with its files under ``data_dir / "metadata"``.

    Stores are imported only when chosen, because what raft stands on takes longer to import than the
    rest of the broker takes to start.
    """
    directory = data_dir / "metadata"
    if config.metadata.store == "raft":
        from broker.metadata.raft import RaftMetadataStore

        return RaftMetadataStore(directory, apply=config.raft.apply)
    from broker.metadata.metalog import MetalogMetadataStore

    return MetalogMetadataStore(directory)
