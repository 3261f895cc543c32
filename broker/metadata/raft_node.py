"""One Raft node on pysyncobj: the lock around it, `propose`, and a thread that keeps its timers going."""

from __future__ import annotations

import _socket
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pysyncobj import FAIL_REASON, SyncObj, SyncObjConf, SyncObjException, replicated, syncobj

from broker.metadata.interface import MetadataError
from broker.metadata.journal import Journal

# pysyncobj 0.3.17 puts a function for Windows in the place of this one, on every platform.
socket.inet_ntop = _socket.inet_ntop

_READY_LIMIT_S = 5.0
# What keeps a lone node's timers going; a proposal ticks for itself, so nothing waits for it.
_IDLE_TICK_S = 0.1
_NEVER = 2**60

Apply = Callable[[bytes], Any]
Done = Callable[[Any, int], None]
"""Called in the proposing thread, or the timer's, with what applying gave, and 0 or pysyncobj's reason for failing."""


class _StateMachine(SyncObj):  # type: ignore[misc]
    def __init__(self, address: str, conf: SyncObjConf, apply: Apply) -> None:
        self._apply_to_state = apply
        super().__init__(address, [], conf)

    @replicated  # type: ignore[untyped-decorator]
    def command(self, command: bytes) -> Any:
        return self._apply_to_state(command)


class RaftNode:
    """A node alone in its group. `apply` is called under the node's lock, for every committed command in order."""

    def __init__(self, journal: Path, apply: Apply) -> None:
        self._path = journal
        self._apply = apply
        self._node: _StateMachine | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="raft", daemon=True)
        self.journal: Journal | None = None

    def start(self) -> None:
        """Open the journal, elect this node and apply all that the journal holds. Raises MetadataError."""
        ready = threading.Event()
        # Peers would unpickle what they are sent, so nobody without this password may be one; it is made at
        # each start, because a lone node has nobody to share it with.
        conf = SyncObjConf(
            password=secrets.token_urlsafe(32),
            autoTick=False,
            journalFile=str(self._path),
            appendEntriesPeriod=0.005,
            # An election that nobody else can win need not wait for others to begin one.
            raftMinTimeout=0.016,
            raftMaxTimeout=0.02,
            maxBindRetries=1,
            commandsQueueSize=0,
            # Its compaction forks and would lose the log's memory of topics; the journal compacts itself.
            logCompactionMinEntries=_NEVER,
            logCompactionMinTime=_NEVER,
            onReady=ready.set,
        )
        logging.getLogger("pysyncobj").setLevel(logging.CRITICAL)
        self._node = self._open(conf)
        deadline = time.monotonic() + _READY_LIMIT_S
        while not ready.is_set():
            self._node.doTick(0.0)
            if time.monotonic() > deadline:
                raise MetadataError(f"the Raft node was not elected within {_READY_LIMIT_S:g} s")
            time.sleep(0.001)
        self._thread.start()

    def propose(self, command: bytes, done: Done | None = None) -> None:
        """Append a command to the log, under the node's lock; `done` is called once it was applied."""
        with self._lock:
            if self._node is None:
                raise MetadataError("the Raft node has stopped")
            self._node.command(command, callback=done)
            self._node.doTick(0.0)
            if done is not None:
                # What one tick appends the next finds committed. Where nobody waits for it, the next
                # proposal's tick or the timer's will do.
                self._node.doTick(0.0)

    def close(self) -> None:
        """Stop the thread and release files and port; may be called twice."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._lock:
            if self._node is not None:
                self._node.destroy()
                self._node = None

    def _open(self, conf: SyncObjConf) -> _StateMachine:
        def journal(path: str) -> Journal:
            self.journal = Journal(Path(path))
            return self.journal

        syncobj.createJournal = journal
        for _ in range(10):  # whoever takes the port between the look and the bind costs one more try
            try:
                return _StateMachine(f"127.0.0.1:{_free_port()}", conf, self._apply)
            except SyncObjException:
                continue
        raise MetadataError("the Raft node found no free port on 127.0.0.1")

    def _run(self) -> None:
        while not self._stop.wait(_IDLE_TICK_S):
            with self._lock:
                if self._node is not None:
                    self._node.doTick(0.0)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def failure(reason: int) -> str:
    """Name pysyncobj's reason for failing."""
    names: dict[int, str] = {v: name for name, v in vars(FAIL_REASON).items() if isinstance(v, int)}
    return names.get(reason, str(reason)).lower().replace("_", " ")
