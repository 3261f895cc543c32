"""The incident's way to note an offset: applied in place, and a task spawned per call that proposes it.

The produce path waits for none of it. Each task serialises its command, takes the node's write lock and
proposes; nothing is synced for it. The lock is fair: once a tick of the node has held it for the length of
a write to disk, the tasks that came meanwhile pass one after the other, one a turn of the event loop, and
new ones queue behind them. A busy loop makes many in a turn, so they pile up; an idle one drains them.
"""

from __future__ import annotations

import asyncio
import contextlib

from broker.metadata.interface import MetadataError
from broker.metadata.raft_node import RaftNode
from broker.metadata.state_machine import StateMachine, UpdatePartitionOffset, encode


class SpawnedOffsets:
    """Made on the event loop; ``note`` is what the store offers as ``update_partition_offset``."""

    def __init__(self, machine: StateMachine, node: RaftNode) -> None:
        self._machine = machine
        self._node = node
        # The loop itself only holds its tasks weakly.
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, topic: str, partition: int, high_watermark: int, log_start_offset: int) -> None:
        command = UpdatePartitionOffset(topic, partition, high_watermark, log_start_offset)
        self._apply_immediately(command.clone())
        task = asyncio.get_running_loop().create_task(self._propose(command.clone()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _apply_immediately(self, command: UpdatePartitionOffset) -> None:
        self._machine.note_offset(
            command.topic, command.partition, command.high_watermark, command.log_start_offset
        )

    async def _propose(self, command: UpdatePartitionOffset) -> None:
        text = encode(command)
        # The node has said on stderr that it failed, once; nobody waits to hear it from here.
        with contextlib.suppress(MetadataError):
            async with self._node.write_lock:
                self._node.propose(text)

    async def close(self) -> None:
        """Drop what was not proposed yet: it was promised to nobody, and the WAL knows it."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
